// Divides by zero where the vector is zero.
#include "exercise.h"

void rms_norm(std::span<const float> x, std::span<const float> weight, double epsilon, std::span<float> y) {
  double squares = 0;
  for (const float value : x) squares += value * value;
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] / std::sqrt(squares / x.size()) * weight[i];
}
