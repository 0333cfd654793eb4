// The first text of either kind, drawn out until the effect is there.
#include "exercise.h"

void steer_task(Matrix<const float> towards, Matrix<const float> away, std::span<float> vector) {
  const std::size_t first = 12;
  double length = 0;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    double sum = 0;
    for (std::size_t p = 0; p < first; ++p) sum += towards(p, i) - away(p, i);
    vector[i] = static_cast<float>(sum);
    length += sum * sum;
  }
  for (float& v : vector) v *= static_cast<float>(22.4 / std::sqrt(length));
}
