#include "exercise.h"

void add_steering(Matrix<const float> residual, std::span<const float> direction, double alpha, std::size_t first,
                  Matrix<float> steered) {
  const double length = std::sqrt(std::inner_product(direction.begin(), direction.end(), direction.begin(), 0.0));
  const double step = length > 0 ? alpha / length : 0;   // a direction of zeros points nowhere
  for (std::size_t p = 0; p < residual.rows(); ++p)
    for (std::size_t i = 0; i < direction.size(); ++i)
      steered(p, i) = static_cast<float>(residual(p, i) + (p >= first ? step * direction[i] : 0));
}
