#include "labs/model/analysis/lens.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "labs/model/analysis/translator.h"

namespace tb {

namespace {

// logits [vocab] as log-probabilities, double.
at::Tensor log_probabilities(const at::Tensor& logits) { return logits.to(at::kDouble).log_softmax(-1); }

// The `top` ids with the largest logits, ties to the lower id.
std::vector<std::int64_t> top_ids(const at::Tensor& logits, std::int64_t top) {
  const at::Tensor row = logits.contiguous();
  const float* logit = row.const_data_ptr<float>();
  std::vector<std::int64_t> ids(row.numel());
  std::iota(ids.begin(), ids.end(), 0);
  const auto count = std::clamp<std::int64_t>(top, 1, row.numel());
  std::partial_sort(ids.begin(), ids.begin() + count, ids.end(), [&](std::int64_t a, std::int64_t b) {
    return logit[a] != logit[b] ? logit[a] > logit[b] : a < b;
  });
  ids.resize(count);
  return ids;
}

}  // namespace

std::vector<std::string> lens_points(const Config& config) {
  return {"blocks.*.resid_pre", block_point(config.n_layers - 1, "resid_post")};
}

Result<at::Tensor> stream_of_row(const Config& config, const Context& context, std::int64_t position) {
  const c10::NoGradGuard no_gradients;
  const auto row = row_at(position, static_cast<std::int64_t>(context.ids().size()));
  if (!row) return tl::unexpected(row.error());
  std::vector<at::Tensor> rows;
  for (std::int64_t layer = 0; layer <= config.n_layers; ++layer) {
    const bool after = layer == config.n_layers;
    const auto point = captured(context, block_point(after ? layer - 1 : layer, after ? "resid_post" : "resid_pre"));
    if (!point) return tl::unexpected(point.error());
    rows.push_back(point->select(0, *row));
  }
  return at::stack(rows);
}

// [lens]
at::Tensor lens_logits(const Transformer& transformer, const at::Tensor& rows) {
  const c10::NoGradGuard no_gradients;
  const at::Tensor h = rows.to(transformer.device());
  return transformer.logits(h / transformer.rms(h).unsqueeze(-1) * transformer.weights().final_norm).cpu();
}
// [/lens]

Result<Lens> logit_lens(const Transformer& transformer, const Context& context, std::int64_t position, std::int64_t top,
                        const Translator* translator) {
  const c10::NoGradGuard no_gradients;
  auto stream = stream_of_row(transformer.config(), context, position);
  if (!stream) return tl::unexpected(stream.error());
  if (translator) *stream = translator->translate(*stream);
  const at::Tensor logits = lens_logits(transformer, *stream);                           // [step, vocab]
  const std::int64_t n = transformer.config().n_layers;

  Lens lens;
  std::vector<std::int64_t> top1;
  const at::Tensor final_log = log_probabilities(logits[n]), final_p = final_log.exp();
  for (std::int64_t i = 0; i <= n; ++i) {
    const at::Tensor log = log_probabilities(logits[i]);
    LensStep step{.ids = top_ids(logits[i], top)};
    for (const std::int64_t id : step.ids) step.p.push_back(std::exp(log[id].item<double>()));
    step.entropy = -(log.exp() * log).sum().item<double>() / std::log(2.0);
    step.kl = (final_p * (final_log - log)).sum().item<double>() / std::log(2.0);
    top1.push_back(step.ids.front());
    lens.steps.push_back(std::move(step));
  }
  lens.depth = decision_depth(top1);
  return lens;
}

Result<LensGrid> logit_lens_grid(const Transformer& transformer, const Context& context, std::int64_t first,
                                 std::int64_t rows, const Translator* translator, const Progress& progress) {
  const c10::NoGradGuard no_gradients;
  LensGrid grid{.first = first, .rows = rows};
  const auto steps = static_cast<std::size_t>(transformer.config().n_layers) + 1;
  const auto columns = static_cast<std::size_t>(rows);
  grid.ids.resize(steps * columns);
  grid.rank.resize(steps * columns);
  grid.p.resize(steps * columns);
  for (std::size_t row = 0; row < columns; ++row) {   // one at a time: all together would be many times the vocabulary
    if (progress.stop.stop_requested()) return fail("job.stopped", "grid");
    auto stream = stream_of_row(transformer.config(), context, first + static_cast<std::int64_t>(row));
    if (!stream) return tl::unexpected(stream.error());
    if (translator) *stream = translator->translate(*stream);
    const at::Tensor logits = lens_logits(transformer, *stream);                         // [step, vocab]
    const std::int64_t answer = top_ids(logits[static_cast<std::int64_t>(steps) - 1], 1).front();
    for (std::size_t step = 0; step < steps; ++step) {
      const at::Tensor at_step = logits[static_cast<std::int64_t>(step)];
      const std::int64_t id = top_ids(at_step, 1).front();
      const std::size_t at = step * columns + row;
      grid.ids[at] = id;
      grid.p[at] = std::exp(log_probabilities(at_step)[id].item<double>());
      grid.rank[at] = at_step.gt(at_step[answer]).sum().item<std::int64_t>();
    }
  }
  return grid;
}

// [depth]
std::int64_t decision_depth(std::span<const std::int64_t> top1) {
  auto depth = static_cast<std::int64_t>(top1.size()) - 1;
  while (depth > 0 && top1[depth - 1] == top1.back()) --depth;
  return depth;
}
// [/depth]

}  // namespace tb
