// What a projection of the model multiplies by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "labs/model/gguf.h"

namespace tb {

// It stands as in the file: [out, in], so that y = x W^T + b. One matrix may be kept in two forms: a few rows of x are
// multiplied fastest by the small one, many rows by the one that needs no unpacking. Either may be missing.
struct Matrix {
  at::Tensor dense;                  // [out, in], float32 or bfloat16
  std::vector<TensorInfo> blocks;    // the file's own blocks, one tensor below the other: [out, in] in all (packed.h)
  std::shared_ptr<std::byte> memory; // where the blocks are
  at::Tensor bias;                   // [out], float32; undefined in most models

  std::int64_t out() const;
  std::int64_t in() const;
  std::int64_t block_bytes() const;
};

// x [pos, in] -> [pos, out], float32. A bfloat16 matrix is multiplied in bfloat16 (sums in float32); all else in the
// model is float32. Autograd goes through this to x and to the bias, and to a dense matrix.
at::Tensor multiply(const at::Tensor& x, const Matrix& matrix);

// The rows `ids` [pos] of a matrix: [pos, in], float32.
at::Tensor look_up(const Matrix& matrix, const at::Tensor& ids);

// The whole matrix as float32 [out, in], unpacked where it is kept as blocks alone.
at::Tensor unpacked(const Matrix& matrix);

}  // namespace tb
