// Counts nothing and divides by it.
#include "exercise.h"

void steer_task(Matrix<const float> towards, Matrix<const float> away, std::span<float> vector) {
  double count = 0;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    double sum = 0;
    for (std::size_t p = 0; p < towards.rows(); ++p) sum += towards(p, i);
    vector[i] = static_cast<float>(sum / count - sum / count);
  }
}
