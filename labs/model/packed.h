// Products with a matrix that stays in the file's own blocks. No torch, no threads.
//
// One token multiplies every weight once, so what a token costs is the bytes of the weights, fetched from memory: as
// float32 five times those of the file. Here each block becomes float32 in registers, exactly as dequantise.h makes it,
// and is used there: results differ from a product with the dequantised matrix by the order of summation only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "labs/model/gguf.h"

namespace tb {

// What a processor's vector units can do. `plain` needs none: it is the reference that tests hold the others to.
enum class Instructions { plain, avx2, avx512 };
std::string_view name_of(Instructions instructions);    // "avx2"
std::span<const Instructions> available_instructions();   // on this processor; plain first, the fastest last

// Columns `first`, ..., `first + count - 1` of y = x W^T: y[i * y_step + row] for x [n, W.columns()] without gaps and
// W [rows, columns] of any type that dequantise.h knows. Rows of W are independent, so threads can share them. `plain`
// goes through dequantise_rows, a row at a time, and so do rows of F32, F16 and BF16 whose length is no multiple of 32.
void multiply_packed(const TensorInfo& matrix, std::int64_t first, std::int64_t count, const float* x, std::int64_t n,
                     float* y, std::int64_t y_step, Instructions instructions = available_instructions().back());

}  // namespace tb
