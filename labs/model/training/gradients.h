// How much a number at the end of a run would change with each number inside it: gradients of a metric with respect to
// captured points. One forward and one backward pass for all points together.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/model/probes.h"
#include "labs/model/transformer.h"

namespace tb {

// A number [] made of all logits [pos, vocab].
using Metric = std::function<Result<at::Tensor>(const at::Tensor& logits)>;

// Positions count from the end where negative. Errors, when they are asked: metric.id, metric.position.
Metric logit_of(std::int64_t id, std::int64_t position = -1);
Metric logit_difference(std::int64_t id, std::int64_t other, std::int64_t position = -1);
Metric text_loss(std::vector<std::int64_t> ids);   // the mean loss of ids[1], ids[2], ..., in nats

struct PointGradient {
  Probe probe;
  at::Tensor value, gradient;      // float32 on the CPU, shaped as the point
};
struct Gradients {
  double metric = 0;
  std::vector<PointGradient> points;
};

// `run` may bring interventions, an adapter and a way to stop; it has neither cache nor trace. With bfloat16 matrices
// the gradients are as exact as these.
// Errors: run.empty, run.id, run.too_long, those of the metric, job.stopped, torch.failed, torch.memory.
Result<Gradients> gradients(const Transformer& transformer, std::span<const std::int64_t> ids, const Metric& metric,
                            const Probes& points, Run run = {});

// Attribution patching (Nanda 2023): about how much the metric would change if the rows of a point were replaced by
// `other`, those of another run: (other - value) * gradient, summed over the last dimension. Exact as far as the metric
// is linear in the point.
at::Tensor attribution(const PointGradient& point, const at::Tensor& other);

}  // namespace tb
