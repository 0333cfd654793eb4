// The kernel behind packed.h. It is written once, and compiled for each set of vector instructions in a file of its
// own, which says in a struct `Lanes` how wide a vector is and how a block becomes vectors. Included by those files
// only; all is in an unnamed namespace, so that no code for newer processors is linked into what runs on older ones.
#pragma once

#include <cstdint>

#include "labs/model/gguf.h"

namespace tb {

// What multiply_packed asks for. `blocks` is the first block of the first row.
struct PackedProduct {
  const std::byte* blocks;
  std::int64_t rows, columns;
  const float* x;               // [n, columns]
  std::int64_t n;
  float* y;                     // y[i * y_step + row]
  std::int64_t y_step;
};

// False for a type without a kernel. columns is a multiple of 32.
bool multiply_avx2(TensorType type, const PackedProduct& product);
bool multiply_avx512(TensorType type, const PackedProduct& product);

namespace {

// The blocks as they are in the file, 32 weights each; only bytes, so any alignment will do. d is the scale of a block
// and m its smallest weight, both float16. Weight j of a 4-bit block is the low half of byte j, weight j + 16 the high.
struct BlockF32 { std::uint8_t numbers[32][4]; };
struct BlockF16 { std::uint8_t numbers[32][2]; };
struct BlockBF16 { std::uint8_t numbers[32][2]; };
struct BlockQ40 { std::uint8_t d[2], nibbles[16]; };             // weight = d * (nibble - 8)
struct BlockQ41 { std::uint8_t d[2], m[2], nibbles[16]; };       // weight = d * nibble + m
struct BlockQ80 { std::uint8_t d[2]; std::int8_t numbers[32]; };   // weight = d * number

// One row of blocks times n rows of x. Each block is expanded once, and used n times from registers.
template <class Lanes, class Block, int n>
void multiply_row(const Block* blocks, const PackedProduct& p, const float* x, float* y) {
  using Vector = typename Lanes::Vector;
  constexpr int vectors = 32 / Lanes::width, chains = n < 8 ? 2 : 1;   // sums that do not wait for each other
  Vector sums[n][chains];
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < chains; ++c) sums[i][c] = Lanes::zero();

  for (std::int64_t column = 0; column < p.columns; column += 32, ++blocks) {
    Vector weights[vectors];
    Lanes::expand(*blocks, weights);
    for (int i = 0; i < n; ++i) {
      const float* const at = x + i * p.columns + column;
      for (int v = 0; v < vectors; ++v) {
        Vector& sum = sums[i][v % chains];
        sum = Lanes::multiply_add(weights[v], Lanes::load(at + v * Lanes::width), sum);
      }
    }
  }

  for (int i = 0; i < n; ++i) {
    Vector sum = sums[i][0];
    if constexpr (chains == 2) sum = Lanes::add(sum, sums[i][1]);
    y[i * p.y_step] = Lanes::sum(sum);
  }
}

// The same for any number of rows of x: eight at a time, then four, two, one.
template <class Lanes, class Block, int n = 8>
void multiply_row_any(const Block* blocks, const PackedProduct& p, std::int64_t done, float* y) {
  for (; p.n - done >= n; done += n)
    multiply_row<Lanes, Block, n>(blocks, p, p.x + done * p.columns, y + done * p.y_step);
  if constexpr (n > 1) multiply_row_any<Lanes, Block, n / 2>(blocks, p, done, y);
}

template <class Lanes, class Block>
bool multiply_rows(const PackedProduct& p) {
  const auto* blocks = reinterpret_cast<const Block*>(p.blocks);
  for (std::int64_t row = 0; row < p.rows; ++row, blocks += p.columns / 32)
    multiply_row_any<Lanes, Block>(blocks, p, 0, p.y + row);
  return true;
}

template <class Lanes>
bool multiply(TensorType type, const PackedProduct& p) {
  switch (type) {
    case TensorType::f32: return multiply_rows<Lanes, BlockF32>(p);
    case TensorType::f16: return multiply_rows<Lanes, BlockF16>(p);
    case TensorType::bf16: return multiply_rows<Lanes, BlockBF16>(p);
    case TensorType::q4_0: return multiply_rows<Lanes, BlockQ40>(p);
    case TensorType::q4_1: return multiply_rows<Lanes, BlockQ41>(p);
    case TensorType::q8_0: return multiply_rows<Lanes, BlockQ80>(p);
    default: return false;
  }
}

}  // namespace

}  // namespace tb
