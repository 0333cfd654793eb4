// The square root of the sum of squares: the length of the vector, which grows with its size.
#include "exercise.h"

void rms_norm(std::span<const float> x, std::span<const float> weight, double epsilon, std::span<float> y) {
  double squares = epsilon;
  for (const float value : x) squares += value * value;
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] / std::sqrt(squares) * weight[i];
}
