// How a gradient becomes a change: AdamW, a schedule for its learning rate, and a limit for the gradient's length.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace tb {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.999;   // how slowly the two running means forget
  double epsilon = 1e-8;
  double weight_decay = 0.01;          // of matrices; gains and biases do not decay
};

// Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019): each number moves by about the
// learning rate, in the direction that its gradient has had on average.
class AdamW {
 public:
  struct Moments {
    at::Tensor mean, square;           // running means of the gradient and of its square, shaped as the parameter
  };

  AdamW(std::vector<at::Tensor> parameters, const AdamWOptions& options);

  // Changes every parameter by its .grad(); those without one stay.
  void step(double learning_rate);

  std::int64_t steps() const { return steps_; }
  const std::vector<Moments>& moments() const { return moments_; }   // one for each parameter
  // To go on where another run stopped; the moments are written into by then.
  void continue_at(std::int64_t steps) { steps_ = steps; }

 private:
  std::vector<at::Tensor> parameters_;
  std::vector<Moments> moments_;
  AdamWOptions options_;
  std::int64_t steps_ = 0;
};

// The length of all gradients together, as one vector.
double gradient_norm(std::span<const at::Tensor> parameters);
// Shortens all gradients alike so that their length is at most `longest` (Pascanu et al. 2013).
void clip_gradients(std::span<const at::Tensor> parameters, double norm, double longest);

// How the learning rate goes: up in a straight line over the first `warm_up` steps, then as `shape` says, from `peak`
// down to `last` at step number `steps`.
struct Schedule {
  enum class Shape { constant, linear, cosine };
  Shape shape = Shape::constant;
  double peak = 1e-3, last = 0;
  std::int64_t warm_up = 0;

  double rate(std::int64_t step, std::int64_t steps) const;   // step 0, 1, ..., steps - 1
};

}  // namespace tb
