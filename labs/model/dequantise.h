// From the blocks of a GGUF tensor to float32. No torch.
#pragma once

#include <cstdint>
#include <span>

#include "base/error.h"
#include "labs/model/gguf.h"

namespace tb {

// The whole tensor, row-major. `out` has tensor.elements() floats. Thread-safe.
// Errors: gguf.dequantise_size (out is of another size).
Result<void> dequantise(const TensorInfo& tensor, std::span<float> out);

// Rows first .. first + count - 1 only, so that several threads can share one tensor. `out` has count * columns floats.
// Errors: gguf.dequantise_size (out is of another size, or the tensor has no such rows).
Result<void> dequantise_rows(const TensorInfo& tensor, std::int64_t first, std::int64_t count, std::span<float> out);

}  // namespace tb
