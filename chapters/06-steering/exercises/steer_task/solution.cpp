#include "exercise.h"

// What praise has on average and complaint has not: all that both share, subjects and grammar, cancels.
void steer_task(Matrix<const float> towards, Matrix<const float> away, std::span<float> vector) {
  std::fill(vector.begin(), vector.end(), 0.0f);
  const auto add_mean = [&](Matrix<const float> rows, float sign) {
    for (std::size_t p = 0; p < rows.rows(); ++p)
      for (std::size_t i = 0; i < vector.size(); ++i) vector[i] += sign * rows(p, i) / static_cast<float>(rows.rows());
  };
  add_mean(towards, 1);
  add_mean(away, -1);
}
