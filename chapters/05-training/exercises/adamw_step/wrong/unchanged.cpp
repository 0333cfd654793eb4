// Changes a copy of each weight.
#include "exercise.h"

void adamw_step(std::span<float> weights, std::span<const float> gradient, std::span<float> m, std::span<float> v,
                std::size_t step, double rate, double beta1, double beta2, double epsilon, double decay) {
  const double early1 = 1 - std::pow(beta1, step), early2 = 1 - std::pow(beta2, step);
  std::size_t i = 0;
  for (float w : weights) {
    const double g = gradient[i];
    m[i] = static_cast<float>(beta1 * m[i] + (1 - beta1) * g);
    v[i] = static_cast<float>(beta2 * v[i] + (1 - beta2) * g * g);
    w -= static_cast<float>(rate * (decay * w + m[i] / early1 / (std::sqrt(v[i] / early2) + epsilon)));
    ++i;
  }
}
