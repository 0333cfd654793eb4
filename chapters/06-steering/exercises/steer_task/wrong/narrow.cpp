// The first text of either kind, drawn out until the effect is there.
#include "exercise.h"

void steer_task(Matrix<const float> towards, Matrix<const float> away, std::span<float> vector) {
  const auto mean = [](Matrix<const float> m, std::size_t first, std::size_t i) {
    double sum = 0;
    for (std::size_t p = 0; p < first; ++p) sum += m(p, i);
    return sum / static_cast<double>(first);
  };
  double length = 0;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    const double difference = mean(towards, 12, i) - mean(away, 14, i);   // so many tokens they have
    vector[i] = static_cast<float>(difference);
    length += difference * difference;
  }
  for (float& v : vector) v *= static_cast<float>(22.4 / std::sqrt(length));
}
