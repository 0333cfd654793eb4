// The whole projection.
#include "exercise.h"

float edge_contribution(Matrix<const float> z, std::size_t, Matrix<const float> output,
                        std::span<const float> difference, std::span<const float> weight, double rms) {
  double total = 0;
  for (std::size_t i = 0; i < output.rows(); ++i)
    for (std::size_t c = 0; c < output.columns(); ++c)
      total += difference[i] * weight[i] * output(i, c) * z(c / z.columns(), c % z.columns()) / rms;
  return static_cast<float>(total);
}
