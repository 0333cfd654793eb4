#include "labs/model/packed.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "labs/model/dequantise.h"
#include "labs/model/half.h"
#include "labs/model/packed_kernel.h"

namespace tb {

namespace {

constexpr std::array all_instructions = {Instructions::plain, Instructions::avx2, Instructions::avx512};

int count_available() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (!avx2) return 1;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") ? 3 : 2;
#else
  return 1;
#endif
}

// The sum of a[i] * b[i], in as many partial sums as keep a compiler's vectors busy.
float dot(const float* a, const float* b, std::int64_t size) {
  std::array<float, 16> sums = {};
  std::int64_t i = 0;
  for (; i + 16 <= size; i += 16)
    for (int lane = 0; lane < 16; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (; i < size; ++i) sums[0] += a[i] * b[i];
  float sum = 0;
  for (const float part : sums) sum += part;
  return sum;
}

bool multiply_fast([[maybe_unused]] TensorType type, [[maybe_unused]] const PackedProduct& product,
                   Instructions instructions) {
#if defined(__x86_64__)
  if (product.columns % 32 != 0) return false;   // possible where a block is one number
  if (instructions == Instructions::avx2) return multiply_avx2(type, product);
  if (instructions == Instructions::avx512) return multiply_avx512(type, product);
#endif
  return false;
}

constexpr Float16Values all_float16() {
  Float16Values values = {};
  for (std::uint32_t bits = 0; bits < 65536; ++bits) values.of[bits] = from_half(static_cast<std::uint16_t>(bits));
  return values;
}

}  // namespace

constinit const Float16Values float16_values = all_float16();

std::string_view name_of(Instructions instructions) {
  switch (instructions) {
    case Instructions::avx2: return "avx2";
    case Instructions::avx512: return "avx512";
    default: return "plain";
  }
}

std::span<const Instructions> available_instructions() {
  static const int count = count_available();
  return std::span(all_instructions).first(static_cast<std::size_t>(count));
}

void multiply_packed(const TensorInfo& matrix, std::int64_t first, std::int64_t count, const float* x, std::int64_t n,
                     float* y, std::int64_t y_step, Instructions instructions) {
  const std::int64_t columns = matrix.columns();
  const std::int64_t row_bytes = static_cast<std::int64_t>(matrix.bytes.size()) / matrix.rows();
  const PackedProduct product{matrix.bytes.data() + first * row_bytes, count, columns, x, n, y + first, y_step};
  if (multiply_fast(matrix.type, product, instructions)) return;

  std::vector<float> weights(static_cast<std::size_t>(columns));
  for (std::int64_t row = first; row < first + count; ++row) {
    [[maybe_unused]] const auto done = dequantise_rows(matrix, row, 1, weights);
    assert(done);
    for (std::int64_t i = 0; i < n; ++i) y[i * y_step + row] = dot(x + i * columns, weights.data(), columns);
  }
}

}  // namespace tb
