#include "exercise.h"

// residual and steered [pos, d_model], direction [d_model]: adds alpha times the unit vector along `direction` to each
// row from `first` on, and copies the others.
void add_steering(Matrix<const float> residual, std::span<const float> direction, double alpha, std::size_t first,
                  Matrix<float> steered) {
}
