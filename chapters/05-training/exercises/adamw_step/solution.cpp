#include "exercise.h"

void adamw_step(std::span<float> weights, std::span<const float> gradient, std::span<float> m, std::span<float> v,
                std::size_t step, double rate, double beta1, double beta2, double epsilon, double decay) {
  // The means begin at zero: so early, they are too small by these factors.
  const double early1 = 1 - std::pow(beta1, step), early2 = 1 - std::pow(beta2, step);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double g = gradient[i];
    m[i] = static_cast<float>(beta1 * m[i] + (1 - beta1) * g);
    v[i] = static_cast<float>(beta2 * v[i] + (1 - beta2) * g * g);
    const double direction = m[i] / early1 / (std::sqrt(v[i] / early2) + epsilon);
    weights[i] = static_cast<float>(weights[i] * (1 - rate * decay) - rate * direction);
  }
}
