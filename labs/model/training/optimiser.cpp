#include "labs/model/training/optimiser.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace tb {

AdamW::AdamW(std::vector<at::Tensor> parameters, const AdamWOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  const at::NoGradGuard no_gradients;
  for (const at::Tensor& p : parameters_) moments_.push_back({at::zeros_like(p), at::zeros_like(p)});
}

// [adamw]
void AdamW::step(double learning_rate) {
  const at::NoGradGuard no_gradients;
  const auto [beta1, beta2, epsilon, weight_decay] = options_;
  ++steps_;
  // The running means start at zero: so early, they are too small by these factors.
  const double mean_so_far = 1 - std::pow(beta1, steps_), square_so_far = 1 - std::pow(beta2, steps_);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& p = parameters_[i];
    const at::Tensor& gradient = p.grad();
    if (!gradient.defined()) continue;
    const auto& [mean, square] = moments_[i];
    if (p.dim() > 1) p.mul_(1 - learning_rate * weight_decay);
    mean.mul_(beta1).add_(gradient, 1 - beta1);
    square.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
    const at::Tensor size = (square / square_so_far).sqrt_().add_(epsilon);
    p.addcdiv_(mean, size, -learning_rate / mean_so_far);
  }
}
// [/adamw]

double gradient_norm(std::span<const at::Tensor> parameters) {
  double squares = 0;
  for (const at::Tensor& p : parameters)
    if (p.grad().defined()) squares += std::pow(at::norm(p.grad()).item<double>(), 2);
  return std::sqrt(squares);
}

void clip_gradients(std::span<const at::Tensor> parameters, double norm, double longest) {
  if (norm <= longest) return;
  const at::NoGradGuard no_gradients;
  for (const at::Tensor& p : parameters)
    if (p.grad().defined()) p.mutable_grad().mul_(longest / norm);
}

double Schedule::rate(std::int64_t step, std::int64_t steps) const {
  if (step < warm_up) return peak * static_cast<double>(step + 1) / static_cast<double>(warm_up);
  const auto length = static_cast<double>(std::max<std::int64_t>(1, steps - warm_up));
  const double done = std::min(1.0, static_cast<double>(step - warm_up) / length);
  switch (shape) {
    case Shape::constant: return peak;
    case Shape::linear: return peak + (last - peak) * done;
    case Shape::cosine: break;
  }
  return last + (peak - last) * (1 + std::cos(std::numbers::pi * done)) / 2;
}

}  // namespace tb
