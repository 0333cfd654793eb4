// The matrix alone.
#include "exercise.h"

void lora_forward(Matrix<const float> x, Matrix<const float> w, Matrix<const float>, Matrix<const float>, double,
                  Matrix<float> y) {
  for (std::size_t p = 0; p < x.rows(); ++p)
    for (std::size_t o = 0; o < y.columns(); ++o)
      y(p, o) = std::inner_product(x.row(p).begin(), x.row(p).end(), w.row(o).begin(), 0.0f);
}
