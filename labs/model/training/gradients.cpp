#include "labs/model/training/gradients.h"

#include <map>
#include <string>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "labs/model/guard.h"
#include "labs/model/training/batch.h"

namespace tb {

namespace {

// logits [pos, vocab] -> the logit [] of one token at one place.
Result<at::Tensor> pick(const at::Tensor& logits, std::int64_t id, std::int64_t position) {
  const std::int64_t row = position < 0 ? position + logits.size(0) : position;
  if (row < 0 || row >= logits.size(0))
    return fail("metric.position", "metric", {std::to_string(position), std::to_string(logits.size(0))});
  if (id < 0 || id >= logits.size(1))
    return fail("metric.id", "metric", {std::to_string(id), std::to_string(logits.size(1) - 1)});
  return logits.select(0, row).select(0, id);
}

Result<void> check(const Config& config, std::span<const std::int64_t> ids) {
  if (ids.empty()) return fail("run.empty", "ids");
  if (static_cast<std::int64_t>(ids.size()) > config.context)
    return fail("run.too_long", "ids", {std::to_string(ids.size()), std::to_string(config.context)});
  for (const std::int64_t id : ids)
    if (id < 0 || id >= config.vocabulary)
      return fail("run.id", "ids", {std::to_string(id), std::to_string(config.vocabulary - 1)});
  return {};
}

// The points as they pass by, each made a place that a gradient can be asked for.
class Watcher {
 public:
  explicit Watcher(const Probes& probes) : probes_(probes.points()), seen_(probes_.size()) {}

  at::Tensor operator()(Point point, std::int64_t layer, at::Tensor x) {
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      const Probe& probe = probes_[i];
      if (probe.layer != layer) continue;
      // What heads add is not computed in a run, but each number of it counts as much as their sum, attn_out.
      const bool heads = probe.point == Point::head_out;
      if (heads && point == Point::z) z_[layer] = x;
      if (point != (heads ? Point::attn_out : probe.point)) continue;
      if (!x.requires_grad()) x = x.detach().requires_grad_(true);
      seen_[i] = x;
    }
    return x;
  }

  const std::vector<at::Tensor>& seen() const { return seen_; }

  PointGradient result(std::size_t i, const Transformer& transformer, const at::Tensor& gradient) const {
    const Probe& probe = probes_[i];
    if (probe.point != Point::head_out) return {probe, seen_[i].detach().cpu(), gradient.cpu()};
    const at::Tensor value = transformer.head_out(probe.layer, z_.at(probe.layer).detach());   // [pos, head, d_model]
    return {probe, value.cpu(), gradient.unsqueeze(1).expand_as(value).cpu()};
  }

 private:
  const std::vector<Probe>& probes_;
  std::vector<at::Tensor> seen_;
  std::map<std::int64_t, at::Tensor> z_;
};

}  // namespace

Metric logit_of(std::int64_t id, std::int64_t position) {
  return [=](const at::Tensor& logits) { return pick(logits, id, position); };
}

Metric logit_difference(std::int64_t id, std::int64_t other, std::int64_t position) {
  return [=](const at::Tensor& logits) -> Result<at::Tensor> {
    const auto a = pick(logits, id, position), b = pick(logits, other, position);
    if (!a || !b) return a ? b : a;
    return *a - *b;
  };
}

Metric text_loss(std::vector<std::int64_t> ids) {
  return [ids = std::move(ids)](const at::Tensor& logits) -> Result<at::Tensor> {
    if (ids.size() < 2 || static_cast<std::int64_t>(ids.size()) != logits.size(0))
      return fail("metric.position", "metric", {std::to_string(ids.size()), std::to_string(logits.size(0))});
    const Batch batch = batch_of(std::vector<Example>{{ids, {}}});
    const at::Tensor targets = at::tensor(batch.targets, at::kLong).to(logits.device());
    return next_token_loss(logits.slice(0, 0, -1), targets);
  };
}

Result<Gradients> gradients(const Transformer& transformer, std::span<const std::int64_t> ids, const Metric& metric,
                            const Probes& points, Run run) {
  if (const auto valid = check(transformer.config(), ids); !valid) return tl::unexpected(valid.error());
  return guarded("gradients", [&]() -> Result<Gradients> {
    const c10::InferenceMode off(false);
    const at::AutoGradMode on(true);
    Watcher watcher(points);
    run.watch = std::ref(watcher);
    const at::Tensor x = transformer.forward(at::tensor(at::IntArrayRef(ids.data(), ids.size()), at::kLong)
                                                 .to(transformer.device()), run);
    if (!x.defined()) return fail("job.stopped", "gradients");
    const auto number = metric(run.pass(Point::logits, -1, transformer.logits(x)));
    if (!number) return tl::unexpected(number.error());

    Gradients result{number->item<double>(), {}};
    if (points.points().empty()) return result;
    const auto all = torch::autograd::grad({*number}, watcher.seen(), {}, std::nullopt, false, /*allow_unused=*/true);
    for (std::size_t i = 0; i < all.size(); ++i)
      result.points.push_back(
          watcher.result(i, transformer, all[i].defined() ? all[i] : at::zeros_like(watcher.seen()[i])));
    return result;
  });
}

at::Tensor attribution(const PointGradient& point, const at::Tensor& other) {
  return ((other - point.value) * point.gradient).sum(-1);
}

}  // namespace tb
