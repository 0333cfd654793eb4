// What a projection of the model multiplies by.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace tb {

// It stands as in the file: [out, in], so that y = x W^T + b.
struct Matrix {
  at::Tensor dense;   // [out, in], float32 or bfloat16
  at::Tensor bias;    // [out], float32; undefined in most models
};

// x [pos, in] -> [pos, out], float32. A bfloat16 matrix is multiplied in bfloat16 (sums in float32); all else in the
// model is float32.
at::Tensor multiply(const at::Tensor& x, const Matrix& matrix);

// The rows `ids` [pos] of a matrix: [pos, in], float32.
at::Tensor look_up(const Matrix& matrix, const at::Tensor& ids);

}  // namespace tb
