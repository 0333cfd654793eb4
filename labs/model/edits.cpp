#include "labs/model/edits.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

namespace tb {

namespace {

using Type = Intervention::Type;

at::Tensor index_tensor(const std::vector<std::int64_t>& indices, const at::Tensor& like) {
  return at::tensor(indices, at::TensorOptions().dtype(at::kLong)).to(like.device());
}

// Those of `positions` that lie in first .. first + count - 1, counted from `first`.
std::vector<std::int64_t> within(const std::vector<std::int64_t>& positions, std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> rows;
  for (const std::int64_t position : positions)
    if (position >= first && position < first + count) rows.push_back(position - first);
  return rows;
}

bool contains(const std::vector<std::int64_t>& list, std::int64_t x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

// True [head, query, key] at the edges that an edit names: every named head, from every named query to every named key.
at::Tensor edges(const std::vector<std::int64_t>& heads, const std::vector<std::int64_t>& queries,
                 const std::vector<std::int64_t>& keys, const at::Tensor& like) {
  const auto chosen = [&](const std::vector<std::int64_t>& indices, std::int64_t size) {
    return at::zeros({size}, like.options().dtype(at::kBool)).index_fill(0, index_tensor(indices, like), true);
  };
  return chosen(heads, like.size(0)).view({-1, 1, 1}) & chosen(queries, like.size(1)).view({1, -1, 1}) &
         chosen(keys, like.size(2)).view({1, 1, -1});
}

// Where an intervention acts.
Point point_of(Type type) {
  switch (type) {
    case Type::bias_key: return Point::scores;
    case Type::scale_pattern: case Type::knock_out: return Point::pattern;
    case Type::scale_head: case Type::ablate_head: return Point::z;
    case Type::logit_bias: return Point::logits;
  }
  return Point::logits;
}

}  // namespace

Result<Edits> Edits::of(std::span<const Intervention> interventions, std::int64_t tokens) {
  Edits result;
  result.stable_rows_ = result.tokens_ = tokens;
  for (const Intervention& what : interventions) {
    const auto queries = what.queries.resolve(tokens);
    const auto keys = what.keys.resolve(tokens);
    if (!queries) return fail("intervention.position", what.spec, {"query", std::to_string(tokens)});
    if (!keys) return fail("intervention.position", what.spec, {"key", std::to_string(tokens)});
    if (what.queries.from_end() || what.keys.from_end())
      result.stable_rows_ = std::min(result.stable_rows_, std::max(queries->front(), keys->front()));
    result.edits_.push_back({what, *queries, *keys});
  }
  return result;
}

at::Tensor Edits::apply(Point point, std::int64_t layer, std::int64_t first, at::Tensor rows) const {
  for (const Edit& edit : edits_)
    if (point_of(edit.what.type) == point && (layer < 0 || contains(edit.what.layers, layer)))
      rows = apply(edit, first, rows);
  return rows;
}

at::Tensor Edits::apply(const Edit& edit, std::int64_t first, const at::Tensor& x) {
  const Intervention& what = edit.what;
  const bool by_head = x.dim() == 3 && point_of(what.type) != Point::z;                // [head, query, key]
  const auto rows = within(edit.queries, first, x.size(by_head ? 1 : 0));
  at::Tensor chosen;                                                                   // where x changes
  if (by_head) chosen = edges(what.heads, rows, within(edit.keys, 0, x.size(2)), x);
  if (point_of(what.type) == Point::z) {
    std::vector<std::int64_t> all(x.size(2));
    std::iota(all.begin(), all.end(), 0);
    chosen = edges(rows, what.heads, all, x);                                          // [pos, head, d_head]
  }
  switch (what.type) {
    case Type::bias_key: return at::where(chosen, x + what.value, x);
    case Type::scale_pattern: case Type::scale_head: return at::where(chosen, x * what.value, x);
    case Type::ablate_head: return x.masked_fill(chosen, 0);
    case Type::knock_out: {
      const at::Tensor left = x.masked_fill(chosen, 0);
      const at::Tensor sum = left.sum(-1, /*keepdim=*/true);
      const at::Tensor cut_rows = chosen.any(-1, /*keepdim=*/true);
      return at::where(cut_rows, left / sum.masked_fill(sum == 0, 1), x);
    }
    case Type::logit_bias: {
      const at::Tensor bias =
          at::zeros_like(x.select(0, 0)).index_fill(0, index_tensor(what.tokens, x), what.value);   // [vocab]
      chosen = at::zeros({x.size(0), 1}, x.options().dtype(at::kBool)).index_fill(0, index_tensor(rows, x), true);
      return at::where(chosen, x + bias, x);
    }
  }
  return x;
}

}  // namespace tb
