// Divides by all positions.
#include "exercise.h"

void cross_entropy_gradient(Matrix<const float> logits, std::span<const std::int32_t> targets, Matrix<float> gradient) {
  for (std::size_t i = 0; i < logits.rows(); ++i) {
    if (targets[i] == -100) {
      std::fill(gradient.row(i).begin(), gradient.row(i).end(), 0.0f);
      continue;
    }
    const auto z = logits.row(i);
    const double largest = *std::max_element(z.begin(), z.end());
    double total = 0;
    for (const float logit : z) total += std::exp(logit - largest);
    for (std::size_t j = 0; j < z.size(); ++j) {
      const double p = std::exp(z[j] - largest) / total;
      gradient(i, j) = static_cast<float>((p - (static_cast<std::int32_t>(j) == targets[i] ? 1 : 0)) / targets.size());
    }
  }
}
