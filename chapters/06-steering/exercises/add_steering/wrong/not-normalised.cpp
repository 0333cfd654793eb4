// The direction as it comes.
#include "exercise.h"

void add_steering(Matrix<const float> residual, std::span<const float> direction, double alpha, std::size_t first,
                  Matrix<float> steered) {
  for (std::size_t p = 0; p < residual.rows(); ++p)
    std::copy(residual.row(p).begin(), residual.row(p).end(), steered.row(p).begin());
  for (std::size_t p = first; p < residual.rows(); ++p)
    for (std::size_t i = 0; i < direction.size(); ++i) steered(p, i) += static_cast<float>(alpha * direction[i]);
}
