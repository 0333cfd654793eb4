#include "exercise.h"

float edge_contribution(Matrix<const float> z, std::size_t head, Matrix<const float> output,
                        std::span<const float> difference, std::span<const float> weight, double rms) {
  double total = 0;
  for (std::size_t i = 0; i < output.rows(); ++i) {
    double added = 0;   // to number i of the stream, by this head
    for (std::size_t e = 0; e < z.columns(); ++e) added += output(i, head * z.columns() + e) * z(head, e);
    total += difference[i] * weight[i] * added / rms;
  }
  return static_cast<float>(total);
}
