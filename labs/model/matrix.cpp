#include "labs/model/matrix.h"

#include <ATen/ATen.h>

namespace tb {

at::Tensor multiply(const at::Tensor& x, const Matrix& matrix) {
  const at::Tensor& w = matrix.dense;
  if (w.scalar_type() == at::kFloat)
    return matrix.bias.defined() ? at::linear(x, w, matrix.bias) : at::linear(x, w);
  const at::Tensor y = at::linear(x.to(w.scalar_type()), w).to(at::kFloat);
  return matrix.bias.defined() ? y + matrix.bias : y;
}

at::Tensor look_up(const Matrix& matrix, const at::Tensor& ids) {
  return matrix.dense.index_select(0, ids).to(at::kFloat);
}

}  // namespace tb
