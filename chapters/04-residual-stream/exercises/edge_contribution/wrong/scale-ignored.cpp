// Forgets that the final norm divides.
#include "exercise.h"

float edge_contribution(Matrix<const float> z, std::size_t head, Matrix<const float> output,
                        std::span<const float> difference, std::span<const float> weight, double) {
  double total = 0;
  for (std::size_t i = 0; i < output.rows(); ++i)
    for (std::size_t e = 0; e < z.columns(); ++e)
      total += difference[i] * weight[i] * output(i, head * z.columns() + e) * z(head, e);
  return static_cast<float>(total);
}
