// Products with packed blocks against the dequantised weights and double precision, for every type, for many shapes,
// and for every set of instructions that this processor has.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "labs/model/dequantise.h"
#include "labs/model/packed.h"
#include "tests/catch.h"

using namespace tb;

namespace {

struct Format {
  TensorType type;
  std::int64_t weights, bytes;          // of one block
  std::vector<std::int64_t> halves;     // where float16 numbers stand in it
};
const std::vector<Format> formats = {
    {TensorType::f32, 1, 4, {}},      {TensorType::f16, 1, 2, {0}},         {TensorType::bf16, 1, 2, {}},
    {TensorType::q4_0, 32, 18, {0}},  {TensorType::q4_1, 32, 20, {0, 2}},   {TensorType::q8_0, 32, 34, {0}},
    {TensorType::q5_0, 32, 22, {0}},  {TensorType::q5_1, 32, 24, {0, 2}},   {TensorType::q4_k, 256, 144, {0, 2}},
    {TensorType::q5_k, 256, 176, {0, 2}},                                   {TensorType::q6_k, 256, 210, {208}},
};

// Knuth's MMIX generator: good enough for test data, the same everywhere.
struct Numbers {
  std::uint64_t state;
  std::uint32_t next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state >> 32);
  }
  float between_ones() { return static_cast<float>(next()) / 2147483648.0f - 1; }
};

// Finite float16 numbers of every size: subnormal, usual, the largest.
std::uint16_t any_half(Numbers& numbers) {
  const std::uint16_t sizes[] = {0x0000, 0x0001, 0x03ff, 0x0400, 0x2c66, 0x3c00, 0x1400, 0x7bff};
  return static_cast<std::uint16_t>(sizes[numbers.next() % 8] | (numbers.next() & 0x8000));
}

// A matrix of random blocks. With `extreme` scales, else of about the size that weights have.
struct Blocks {
  std::string bytes;
  TensorInfo tensor;

  Blocks(const Format& format, std::int64_t rows, std::int64_t columns, bool extreme, Numbers& numbers)
      : bytes(static_cast<std::size_t>(rows * columns / format.weights * format.bytes), '\0'),
        tensor{"w", {}, format.type, 2, {rows, columns}} {
    for (char& byte : bytes) byte = static_cast<char>(numbers.next());
    for (std::size_t block = 0; block < bytes.size(); block += static_cast<std::size_t>(format.bytes)) {
      for (const std::int64_t at : format.halves) {
        const std::uint16_t half = extreme ? any_half(numbers)
                                           : static_cast<std::uint16_t>(0x2000 | (numbers.next() & 0x8fff));
        std::memcpy(bytes.data() + block + at, &half, sizeof half);
      }
      const float number = (extreme ? 1e30f : 0.1f) * numbers.between_ones();
      if (format.type == TensorType::f32) std::memcpy(bytes.data() + block, &number, 4);
      if (format.type == TensorType::bf16)
        std::memcpy(bytes.data() + block, reinterpret_cast<const char*>(&number) + 2, 2);   // its upper half
    }
    tensor.bytes = std::as_bytes(std::span(bytes.data(), bytes.size()));
  }
};

// The largest difference of y from x W^T in double precision, measured by the sum of |x w|, which is what rounding
// errors grow with. 1e300 where y was written outside rows first .. first + count - 1.
double worst_error(const TensorInfo& matrix, std::int64_t first, std::int64_t count, const std::vector<float>& x,
                   std::int64_t n, Instructions instructions) {
  const std::int64_t rows = matrix.rows(), columns = matrix.columns(), step = rows + 3;
  constexpr float untouched = 12345.678f;
  std::vector<float> y(static_cast<std::size_t>(n * step), untouched);
  multiply_packed(matrix, first, count, x.data(), n, y.data(), step, instructions);
  std::vector<float> weights(static_cast<std::size_t>(matrix.elements()));
  REQUIRE(dequantise(matrix, weights));
  double worst = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t row = 0; row < step; ++row) {
      const float ours = y[static_cast<std::size_t>(i * step + row)];
      if (row < first || row >= first + count) {
        if (ours != untouched) worst = 1e300;
        continue;
      }
      double sum = 0, size = std::numeric_limits<float>::min();
      for (std::int64_t c = 0; c < columns; ++c) {
        const double part = double{weights[static_cast<std::size_t>(row * columns + c)]} *
                            double{x[static_cast<std::size_t>(i * columns + c)]};
        sum += part;
        size += std::abs(part);
      }
      worst = std::max(worst, std::isfinite(ours) ? std::abs(ours - sum) / size : 1e300);
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("packed products agree with double precision", "[packed]") {
  Numbers numbers{1};
  for (const Instructions instructions : available_instructions()) {
    for (const Format& format : formats) {
      double worst = 0;
      for (const bool extreme : {false, true}) {
        for (const std::int64_t columns : {32, 96, 256, 576, 1536}) {
          if (columns % format.weights != 0) continue;
          for (std::int64_t n = 1; n <= 17; n += n < 9 ? 1 : 8) {
            const std::int64_t rows = 1 + numbers.next() % 9;
            const std::int64_t first = numbers.next() % rows, count = 1 + numbers.next() % (rows - first);
            const Blocks blocks(format, rows, columns, extreme, numbers);
            std::vector<float> x(static_cast<std::size_t>(n * columns));
            for (float& number : x) number = numbers.between_ones() * 4;
            worst = std::max(worst, worst_error(blocks.tensor, first, count, x, n, instructions));
          }
        }
      }
      INFO(name_of(instructions) << ", " << name_of(format.type) << ": " << worst);
      CHECK(worst < 1e-6);
    }
  }
}

TEST_CASE("a product with a unit vector gives the dequantised weights themselves", "[packed]") {
  Numbers numbers{2};
  for (const Instructions instructions : available_instructions()) {
    for (const Format& format : formats) {
      const std::int64_t columns = std::max<std::int64_t>(format.weights, 64), rows = 5;
      const Blocks blocks(format, rows, columns, true, numbers);
      std::vector<float> weights(static_cast<std::size_t>(rows * columns));
      REQUIRE(dequantise(blocks.tensor, weights));
      std::vector<float> x(static_cast<std::size_t>(columns * columns)), y(x.size() * rows);
      for (std::int64_t c = 0; c < columns; ++c) x[static_cast<std::size_t>(c * columns + c)] = 1;
      multiply_packed(blocks.tensor, 0, rows, x.data(), columns, y.data(), rows, instructions);
      std::int64_t different = 0;
      for (std::int64_t c = 0; c < columns; ++c)
        for (std::int64_t row = 0; row < rows; ++row)
          different += y[static_cast<std::size_t>(c * rows + row)] !=
                       weights[static_cast<std::size_t>(row * columns + c)];
      INFO(name_of(instructions) << ", " << name_of(format.type));
      CHECK(different == 0);
    }
  }
}

TEST_CASE("rows of a length that is no multiple of 32 are multiplied too", "[packed]") {
  Numbers numbers{3};
  for (const Instructions instructions : available_instructions()) {
    for (const Format& format : formats) {
      if (format.weights != 1) continue;
      for (const std::int64_t columns : {1, 7, 31, 33, 100}) {
        const Blocks blocks(format, 3, columns, false, numbers);
        std::vector<float> x(static_cast<std::size_t>(2 * columns));
        for (float& number : x) number = numbers.between_ones();
        CHECK(worst_error(blocks.tensor, 0, 3, x, 2, instructions) < 1e-6);
      }
    }
  }
}

TEST_CASE("what is not a number stays visible", "[packed]") {
  Numbers numbers{4};
  for (const Instructions instructions : available_instructions()) {
    for (const Format& format : formats) {
      const std::int64_t columns = std::max<std::int64_t>(format.weights, 32);
      const Blocks blocks(format, 2, columns, false, numbers);
      std::vector<float> x(static_cast<std::size_t>(columns), 1.0f), y(2);
      x[5] = std::numeric_limits<float>::quiet_NaN();
      multiply_packed(blocks.tensor, 0, 2, x.data(), 1, y.data(), 2, instructions);
      CHECK(std::isnan(y[0]));
      CHECK(std::isnan(y[1]));
    }
  }
}

TEST_CASE("the plain reference runs anywhere, and every level has a name", "[packed]") {
  REQUIRE_FALSE(available_instructions().empty());
  CHECK(available_instructions().front() == Instructions::plain);
  std::string names;
  for (const Instructions instructions : available_instructions()) names += std::string(name_of(instructions)) + " ";
  WARN("instructions of this processor: " << names);
}
