#include "labs/model/analysis/patching.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "labs/model/guard.h"

namespace tb {

namespace {

const std::vector<std::string> patched_points = {"blocks.*.resid_pre", "blocks.*.attn_out", "blocks.*.mlp_out",
                                                 "blocks.*.attn.z"};

bool can_patch(Point point, const Config& config) {
  return point == Point::resid_pre || point == Point::attn_out || point == Point::z ||
         (point == Point::mlp_out && config.d_mlp > 0);
}

// Columns of a map, one layer after the other; the last one first, since the way from there is the shortest.
Result<PatchMap> map_of(std::int64_t layers, std::int64_t columns, const PatchWatch& watch,
                        const std::function<Result<double>(std::int64_t layer, std::int64_t column)>& recovery) {
  PatchMap map{layers, columns, std::vector<double>(layers * columns, std::numeric_limits<double>::quiet_NaN())};
  if (watch.begun && watch.begun->recovery.size() == map.recovery.size()) map = *watch.begun;
  for (std::int64_t layer = layers; layer-- > 0;) {
    if (!std::isnan(map.recovery[(layer + 1) * columns - 1])) continue;
    for (std::int64_t column = 0; column < columns; ++column) {
      const auto cell = recovery(layer, column);
      if (!cell) return tl::unexpected(cell.error());
      map.recovery[layer * columns + column] = *cell;
      const auto done = static_cast<double>((layers - 1 - layer) * columns + column + 1);
      if (watch.progress.report) watch.progress.report(done / static_cast<double>(layers * columns), "patching");
    }
    if (watch.partial && layer > 0) watch.partial(map);
    if (watch.yield) watch.yield();
  }
  return map;
}

}  // namespace

Patching::Patching(const Transformer& transformer, const Probes& probes)
    : transformer_(&transformer), clean_(transformer.config(), probes, transformer.device()),
      corrupted_(transformer.config(), probes, transformer.device()),
      cache_(transformer.config(), transformer.device()) {}

Result<Patching> Patching::of(const Model& model, const PatchTask& task, const Progress& progress) {
  const Transformer& transformer = model.transformer();
  const Config& config = transformer.config();
  const auto n_all = static_cast<std::int64_t>(task.clean.size());
  if (task.clean.empty() || task.corrupted.empty()) return fail("run.empty", "ids");
  if (task.clean.size() != task.corrupted.size())
    return fail("patching.length", "corrupted", {std::to_string(n_all), std::to_string(task.corrupted.size())});
  if (n_all > config.context)
    return fail("run.too_long", "ids", {std::to_string(n_all), std::to_string(config.context)});
  for (const auto* ids : {&task.clean, &task.corrupted})
    for (const std::int64_t id : *ids)
      if (id < 0 || id >= config.vocabulary)
        return fail("run.id", "ids", {std::to_string(id), std::to_string(config.vocabulary - 1)});
  const auto last = row_at(task.position, n_all);
  if (!last) return tl::unexpected(last.error());
  const auto direction = unembedding_direction(transformer, task.question);
  if (!direction) return tl::unexpected(direction.error());

  return guarded("patching", [&]() -> Result<Patching> {
    const c10::InferenceMode no_gradients;
    std::vector<std::string> names = patched_points;
    if (config.d_mlp == 0) std::erase(names, "blocks.*.mlp_out");
    const auto probes = Probes::of(model, names);
    if (!probes) return tl::unexpected(probes.error());
    Patching patching(transformer, *probes);
    patching.n_ = *last + 1;
    patching.first_ = std::mismatch(task.clean.begin(), task.clean.end(), task.corrupted.begin()).first -
                      task.clean.begin();
    patching.direction_ = direction->to(transformer.device());

    // Run both texts up to the row that is read, and remember what flowed.
    const auto answer = [&](const std::vector<std::int64_t>& ids, KvCache* cache, Trace& trace) -> Result<double> {
      trace.reserve(patching.n_);
      if (cache) cache->reserve(patching.n_);
      Run run{.cache = cache, .trace = &trace, .stopped = [&] { return progress.stop.stop_requested(); }};
      const at::Tensor text = at::tensor(at::IntArrayRef(ids.data(), patching.n_), at::kLong);
      const at::Tensor x = transformer.forward(text.to(transformer.device()), run);
      if (!x.defined()) return fail("job.stopped", "patching");
      return x[patching.n_ - 1].dot(patching.direction_).item<double>();
    };
    const auto clean = answer(task.clean, nullptr, patching.clean_);
    if (!clean) return tl::unexpected(clean.error());
    const auto corrupted = answer(task.corrupted, &patching.cache_, patching.corrupted_);
    if (!corrupted) return tl::unexpected(corrupted.error());
    patching.clean_answer_ = *clean;
    patching.corrupted_answer_ = *corrupted;
    if (!(std::abs(*clean - *corrupted) > 1e-4))   // two float32 ways to one logit may differ by that much
      return fail("patching.same", "corrupted", {std::to_string(*clean), std::to_string(*corrupted)});
    for (std::int64_t layer = 0; layer < config.n_layers; ++layer)
      patching.own_.emplace_back(patching.cache_.keys(layer, patching.n_).clone(),
                                 patching.cache_.values(layer, patching.n_).clone());
    return patching;
  });
}

Result<double> Patching::patched(Point point, std::int64_t layer, std::span<const std::int64_t> rows,
                                 std::span<const std::int64_t> heads, const std::stop_token& stop) {
  const Config& config = transformer_->config();
  if (!can_patch(point, config)) return fail("patching.point", "point");
  if (layer < 0 || layer >= config.n_layers)
    return fail("analysis.layer", "layer", {std::to_string(layer), std::to_string(config.n_layers - 1)});
  for (const std::int64_t head : heads)
    if (head < 0 || head >= config.n_heads || point != Point::z)
      return fail("patching.head", "head", {std::to_string(head), std::to_string(config.n_heads - 1)});
  std::int64_t first = n_;
  for (const std::int64_t row : rows) {
    if (row < 0 || row >= n_)
      return fail("analysis.position", "position", {std::to_string(row), std::to_string(n_)});
    if (row >= first_) first = std::min(first, row);
  }
  if (first == n_) return corrupted_answer_;   // up to the first difference both runs are one and the same

  return guarded("patching", [&]() -> Result<double> {
    const c10::InferenceMode no_gradients;
    const at::Tensor theirs = clean_.rows(point, layer, n_);
    Run run{.cache = &cache_, .first = first, .stopped = [&] { return stop.stop_requested(); }};
    // [patch]
    run.watch = [&](Point at, std::int64_t at_layer, at::Tensor x) {
      if (at != point || at_layer != layer) return x;
      at::Tensor changed = x.clone();
      for (const std::int64_t row : rows) {
        if (row < first) continue;
        if (heads.empty()) changed[row - first].copy_(theirs[row]);
        for (const std::int64_t head : heads) changed[row - first][head].copy_(theirs[row][head]);
      }
      return changed;
    };
    // [/patch]
    const at::Tensor stream = corrupted_.rows(Point::resid_pre, layer, n_).slice(0, first);
    const at::Tensor x = transformer_->forward_from(layer, stream, run);

    // Put the keys and values back that the patched rows wrote over.
    for (std::int64_t above = layer; above < config.n_layers; ++above) {
      cache_.keys(above, n_).slice(1, first).copy_(own_[above].first.slice(1, first));
      cache_.values(above, n_).slice(1, first).copy_(own_[above].second.slice(1, first));
    }
    if (!x.defined()) return fail("job.stopped", "patching");
    return x[n_ - 1 - first].dot(direction_).item<double>();
  });
}

Result<PatchMap> patch_positions(Patching& patching, Point point, const PatchWatch& watch) {
  return map_of(patching.layers(), patching.tokens(), watch, [&](std::int64_t layer, std::int64_t row) {
    return patching.patched(point, layer, {&row, 1}, {}, watch.progress.stop)
        .map([&](double answer) { return patching.recovery(answer); });
  });
}

Result<PatchMap> patch_heads(Patching& patching, std::span<const std::int64_t> rows, const PatchWatch& watch) {
  std::vector<std::int64_t> chosen(rows.begin(), rows.end());
  if (chosen.empty()) {
    chosen.resize(patching.tokens());
    std::iota(chosen.begin(), chosen.end(), 0);
  }
  return map_of(patching.layers(), patching.heads(), watch, [&](std::int64_t layer, std::int64_t head) {
    return patching.patched(Point::z, layer, chosen, {&head, 1}, watch.progress.stop)
        .map([&](double answer) { return patching.recovery(answer); });
  });
}

}  // namespace tb
