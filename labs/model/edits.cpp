#include "labs/model/edits.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <c10/util/StringUtil.h>

#include "labs/model/source.h"

namespace tb {

namespace {

using Type = Intervention::Type;
using Mode = Intervention::Mode;
using Indices = std::vector<std::int64_t>;

// Whether a type puts or adds rows of a source.
bool takes_rows(Type type) {
  switch (type) {
    case Type::ablate_head: case Type::replace_mlp: case Type::add_residual: case Type::patch_from:
    case Type::freeze_norms: return true;
    default: return false;
  }
}

std::int64_t position_dimension(Point point) { return is_square(point) ? 1 : 0; }

at::Tensor index_tensor(const Indices& indices, const at::Tensor& like) {
  return at::tensor(indices, at::TensorOptions().dtype(at::kLong)).to(like.device());
}

// True at `indices` along one dimension of x; broadcasts over the others.
at::Tensor chosen(const at::Tensor& x, std::int64_t dimension, const Indices& indices) {
  Indices shape(x.dim(), 1);
  shape[dimension] = x.size(dimension);
  const at::Tensor none = at::zeros({x.size(dimension)}, x.options().dtype(at::kBool));
  return none.index_fill(0, index_tensor(indices, x), true).view(shape);
}

// x [head, query, key] with `value` at the named edges and the rest of their rows rescaled to what is left of 1.
at::Tensor with_weights(const at::Tensor& x, const at::Tensor& named, double value) {
  const at::Tensor rest = x.masked_fill(named, 0);
  const at::Tensor sum = rest.sum(-1, /*keepdim=*/true);
  const at::Tensor share = (1 - named.sum(-1, /*keepdim=*/true) * value).clamp_min(0).to(x.dtype());
  const at::Tensor rescaled = rest / sum.masked_fill(sum == 0, 1) * share;
  return at::where(named.any(-1, /*keepdim=*/true), rescaled.masked_fill(named, value), x);
}

// Reads what an intervention takes from its source at one point of one layer.
class SourceRows {
 public:
  SourceRows(const Intervention& what, Point point, std::int64_t layer, const Config& config)
      : what_(what), point_(point), config_(config),
        name_(!what.tensor.empty()              ? what.tensor
              : point == Point::final_scale ? name_of(Point::resid_post, config.n_layers - 1)
                                            : name_of(point, layer)) {}

  // [1, ...], the same for all positions, or one row for each of `queries`; of a pattern or of scores [head, 1 or
  // queries, tokens].
  Result<at::Tensor> of(const Indices& queries, std::int64_t tokens) const;

 private:
  Result<void> check_shape(const at::Tensor& tensor) const;
  // Which rows of the source the queries get: one for all of them, or one for each.
  Result<Indices> choose(const Indices& queries, std::int64_t tokens, std::int64_t available) const;

  const Intervention& what_;
  Point point_;
  const Config& config_;
  std::string name_;
};

Result<void> SourceRows::check_shape(const at::Tensor& tensor) const {
  Indices row = point_ == Point::final_scale ? Indices{config_.d_model} : row_shape(point_, config_);
  if (what_.type == Type::add_residual && tensor.sizes() == at::IntArrayRef(row)) return {};   // one vector
  bool fits = tensor.dim() > 0 && tensor.sizes().slice(1) == at::IntArrayRef(row);
  std::string wanted = "[pos";
  for (const std::int64_t size : row) wanted += ", " + std::to_string(size);
  wanted += "]";
  if (is_square(point_)) {
    fits = tensor.dim() == 3 && tensor.size(0) == config_.n_heads && tensor.size(1) == tensor.size(2);
    wanted = c10::str("[", config_.n_heads, ", pos, pos]");
  }
  if (fits && tensor.numel() > 0) return {};
  return fail("intervention.shape", what_.spec, {name_, c10::str(tensor.sizes()), wanted});
}

Result<Indices> SourceRows::choose(const Indices& queries, std::int64_t tokens, std::int64_t available) const {
  if (what_.from.all) {
    if (what_.queries.all && available != tokens)
      return fail("intervention.rows", what_.spec, {name_, std::to_string(available), std::to_string(tokens)});
    const std::int64_t last = *std::max_element(queries.begin(), queries.end());
    if (last >= available) return fail("intervention.from", what_.spec, {name_, std::to_string(available)});
    return queries;
  }
  auto rows = what_.from.listed(available);
  if (!rows) return fail("intervention.from", what_.spec, {name_, std::to_string(available)});
  if (rows->size() != 1 && rows->size() != queries.size())
    return fail("intervention.rows", what_.spec,
                {name_, std::to_string(rows->size()), std::to_string(queries.size())});
  return *rows;
}

Result<at::Tensor> SourceRows::of(const Indices& queries, std::int64_t tokens) const {
  if (what_.mode == Mode::zero) {
    Indices shape = row_shape(point_, config_);
    shape.insert(shape.begin(), 1);
    return at::zeros(shape);
  }
  at::Tensor tensor = what_.source ? what_.source->find(name_) : at::Tensor();
  if (!tensor.defined()) return fail("intervention.tensor", what_.spec, {name_});
  if (const auto ok = check_shape(tensor); !ok) return tl::unexpected(ok.error());
  if (!at::isfinite(tensor).all().item<bool>()) return fail("intervention.finite", what_.spec, {name_});
  if (point_ == Point::final_scale) tensor = (tensor.square().mean(-1) + config_.norm_epsilon).sqrt();

  const std::int64_t dimension = position_dimension(point_);
  if (what_.type == Type::add_residual && tensor.dim() == 1) tensor = tensor.unsqueeze(0);
  const std::int64_t available = tensor.size(dimension);
  if (what_.type == Type::add_residual && available == 1 && what_.from.all) return tensor;
  if (what_.mode == Mode::mean) {
    const auto rows = what_.from.listed(available);
    if (!rows) return fail("intervention.from", what_.spec, {name_, std::to_string(available)});
    return tensor.index_select(0, index_tensor(*rows, tensor)).mean(0, /*keepdim=*/true);
  }
  const auto rows = choose(queries, tokens, available);
  if (!rows) return tl::unexpected(rows.error());
  tensor = tensor.index_select(dimension, index_tensor(*rows, tensor));
  if (!is_square(point_)) return tensor;

  // The keys of a row keep their places; behind the row's own place there is nothing to see.
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const std::int64_t row = rows->size() == 1 ? rows->front() : (*rows)[i];
    if (row > queries[i])
      return fail("intervention.future", what_.spec, {std::to_string(row), std::to_string(queries[i])});
  }
  const std::int64_t width = std::max(available, tokens);
  const at::Tensor behind = at::arange(width).unsqueeze(0) > index_tensor(*rows, tensor).unsqueeze(1);   // [row, key]
  const double nothing = point_ == Point::pattern ? 0 : -INFINITY;
  return at::constant_pad_nd(tensor, {0, width - available}).masked_fill(behind, nothing).slice(2, 0, tokens);
}

}  // namespace

Result<Edits> Edits::of(std::span<const Intervention> interventions, std::int64_t tokens, const Config& config) {
  Edits result;
  result.stable_rows_ = result.tokens_ = tokens;
  for (const Intervention& what : interventions) {
    auto queries = what.queries.listed(tokens);
    auto keys = what.keys.resolve(tokens);
    if (!queries) return fail("intervention.position", what.spec, {"query", std::to_string(tokens)});
    if (!keys) return fail("intervention.position", what.spec, {"key", std::to_string(tokens)});
    if (queries->empty() || keys->empty()) continue;   // "7.." in a shorter text
    const auto sorted = *what.queries.resolve(tokens);
    if (sorted.size() != queries->size()) {
      if (takes_rows(what.type)) return fail("intervention.again", what.spec);
      queries = sorted;
    }
    if (what.queries.from_end() || what.keys.from_end())
      result.stable_rows_ = std::min(result.stable_rows_, std::max(sorted.front(), keys->front()));
    if (what.type == Type::set_pattern) {
      const auto edges = std::upper_bound(keys->begin(), keys->end(), sorted.back()) - keys->begin();
      if (static_cast<double>(edges) * what.value > 1 + 1e-9)
        return fail("intervention.weights", what.spec, {std::to_string(edges), c10::str(what.value)});
    }
    if (what.keys.all) keys->clear();

    for (const Point point : what.points) {
      for (const std::int64_t layer : in_block(point) ? what.layers : Indices{-1}) {
        at::Tensor rows;
        if (takes_rows(what.type)) {
          auto read = SourceRows(what, point, layer, config).of(*queries, tokens);
          if (!read) return tl::unexpected(read.error());
          rows = *read;
        } else if (what.type == Type::logit_bias) {
          rows = at::zeros({1, config.vocabulary});
          rows.index_fill_(1, index_tensor(what.tokens, rows), what.value);
        }
        result.edits_[{point, layer}].push_back({what.type, what.value, *queries, *keys, what.heads, rows});
      }
    }
  }
  return result;
}

at::Tensor Edits::apply(Point point, std::int64_t layer, std::int64_t first, at::Tensor rows) const {
  if (const auto here = edits_.find({point, layer}); here != edits_.end())
    for (const Edit& edit : here->second) rows = apply(edit, point, first, rows);
  return rows;
}

at::Tensor Edits::apply(const Edit& edit, Point point, std::int64_t first, const at::Tensor& x) {
  // Which of the edit's positions are among these rows.
  const bool square = is_square(point);
  const std::int64_t dimension = position_dimension(point), count = x.size(dimension);
  Indices places, order;                       // in x, in edit.rows
  for (std::size_t i = 0; i < edit.queries.size(); ++i) {
    const std::int64_t place = edit.queries[i] - first;
    if (place < 0 || place >= count) continue;
    places.push_back(place);
    order.push_back(static_cast<std::int64_t>(i));
  }
  if (places.empty()) return x;

  // Where x changes. A weight on the future is no edge.
  at::Tensor named = chosen(x, dimension, places);
  if (!edit.heads.empty()) named = named & chosen(x, square ? 0 : 1, edit.heads);
  if (square) {
    Indices keys = edit.keys;
    std::erase_if(keys, [&](std::int64_t key) { return key >= x.size(2); });
    if (!edit.keys.empty()) named = named & chosen(x, 2, keys);
    if (point == Point::pattern || edit.rows.defined())
      named = named & at::ones({count, x.size(2)}, x.options().dtype(at::kBool)).tril(first);
  }

  // What is put there or added.
  at::Tensor rows = edit.rows;
  if (rows.defined()) {
    rows = rows.to(x.options());
    if (square) rows = rows.slice(2, 0, x.size(2));
    if (rows.size(dimension) > 1)
      rows = at::zeros_like(x).index_copy(dimension, index_tensor(places, x),
                                          rows.index_select(dimension, index_tensor(order, x)));
  }
  switch (edit.type) {
    case Type::bias_key: return at::where(named, x + edit.value, x);
    case Type::temperature: return at::where(named, x / edit.value, x);
    case Type::scale_pattern: case Type::scale_head: return at::where(named, x * edit.value, x);
    case Type::knock_out: return with_weights(x, named, 0);
    case Type::set_pattern: return with_weights(x, named, edit.value);
    case Type::add_residual: return at::where(named, x + rows * edit.value, x);
    case Type::logit_bias: return at::where(named, x + rows, x);
    case Type::ablate_head: case Type::replace_mlp: case Type::patch_from: case Type::freeze_norms:
      return at::where(named, rows, x);
  }
  return x;
}

}  // namespace tb
