// LayerNorm: takes the mean away first.
#include "exercise.h"

void rms_norm(std::span<const float> x, std::span<const float> weight, double epsilon, std::span<float> y) {
  double mean = 0, squares = 0;
  for (const float value : x) mean += value / x.size();
  for (const float value : x) squares += (value - mean) * (value - mean);
  const double root = std::sqrt(squares / x.size() + epsilon);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = (x[i] - mean) / root * weight[i];
}
