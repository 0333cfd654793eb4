// The probabilities alone.
#include "exercise.h"

void cross_entropy_gradient(Matrix<const float> logits, std::span<const std::int32_t> targets, Matrix<float> gradient) {
  const auto counted = targets.size() - std::count(targets.begin(), targets.end(), -100);
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
      gradient(i, j) = static_cast<float>(p / counted);
    }
  }
}
