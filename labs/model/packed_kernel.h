// The kernel behind packed.h. It is written once, and compiled for each set of vector instructions in a file of its
// own, which says in a struct `Lanes` how wide a vector is and how a block becomes vectors. Included by those files
// only; all is in an unnamed namespace, so that no code for newer processors is linked into what runs on older ones.
#pragma once

#include <cstddef>
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

// What each float16 stands for, by its bits. A scale that comes from a table goes into all lanes of a vector as it is
// loaded; converted by an instruction it would have to pass the unit that the nibbles need, which is the busiest.
struct Float16Values { float of[65536]; };
extern const Float16Values float16_values;

// False for a type without a kernel. columns is a multiple of what a block holds.
bool multiply_avx2(TensorType type, const PackedProduct& product);
bool multiply_avx512(TensorType type, const PackedProduct& product);

namespace {

// The blocks as they are in the file (dequantise.cpp says which bit means what); only bytes, so any alignment will do.
// d and m are float16.
using Byte = std::uint8_t;
struct BlockF32 { Byte numbers[32][4]; };
struct BlockF16 { Byte numbers[32][2]; };
struct BlockBF16 { Byte numbers[32][2]; };
struct BlockQ40 { Byte d[2], nibbles[16]; };                    // weight = d * (nibble - 8)
struct BlockQ41 { Byte d[2], m[2], nibbles[16]; };              // d * nibble + m
struct BlockQ50 { Byte d[2], fifths[4], nibbles[16]; };         // d * (number - 16)
struct BlockQ51 { Byte d[2], m[2], fifths[4], nibbles[16]; };   // d * number + m
struct BlockQ80 { Byte d[2]; std::int8_t numbers[32]; };        // d * number
struct BlockQ4K { Byte d[2], m[2], scales[12], nibbles[128]; };
struct BlockQ5K { Byte d[2], m[2], scales[12], fifths[32], nibbles[128]; };
struct BlockQ6K { Byte nibbles[128], pairs[64]; std::int8_t scales[16]; Byte d[2]; };

// A block has so many parts of 32 weights.
template <class Block> constexpr int parts_of = 1;
template <> constexpr int parts_of<BlockQ4K> = 8;
template <> constexpr int parts_of<BlockQ5K> = 8;
template <> constexpr int parts_of<BlockQ6K> = 8;

// Scale and minimum of a part of Q4_K and Q5_K, six bits each: weight = d * scale * number - m * minimum.
inline float part_scale(const std::uint8_t (&s)[12], int i) {
  return static_cast<float>(i < 4 ? s[i] & 63 : (s[i + 4] & 15) | s[i - 4] >> 6 << 4);
}
inline float part_minimum(const std::uint8_t (&s)[12], int i) {
  return static_cast<float>(i < 4 ? s[i + 4] & 63 : s[i + 4] >> 4 | s[i] >> 6 << 4);
}

// So many bytes before they are needed, those that come next are asked for; the processor itself looks no further than
// the page of 4096 that it is in. Behind the last row this asks for what is not used, or not there, which does no harm.
constexpr std::ptrdiff_t ahead = 4096;

// One row of blocks times n rows of x. Each block is expanded once, and used n times from registers.
template <class Lanes, class Block, int n>
void multiply_row(const Block* blocks, const PackedProduct& p, const float* x, float* y) {
  using Vector = typename Lanes::Vector;
  constexpr int vectors = 32 / Lanes::width, chains = n < 8 ? 2 : 1;   // sums that do not wait for each other
  Vector sums[n][chains];
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < chains; ++c) sums[i][c] = Lanes::zero();

  for (std::int64_t column = 0; column < p.columns; ++blocks) {
    // Each byte is used once and then not until the next token, so memory's delay decides, unless it is asked ahead.
    for (std::size_t byte = 0; byte < sizeof(Block); byte += 64)
      __builtin_prefetch(reinterpret_cast<const char*>(blocks) + ahead + byte);
    for (int part = 0; part < parts_of<Block>; ++part, column += 32) {
      Vector weights[vectors];
      Lanes::expand(*blocks, part, weights);
      for (int i = 0; i < n; ++i) {
        const float* const at = x + i * p.columns + column;
        for (int v = 0; v < vectors; ++v) {
          Vector& sum = sums[i][v % chains];
          sum = Lanes::multiply_add(weights[v], Lanes::load(at + v * Lanes::width), sum);
        }
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
  for (std::int64_t row = 0; row < p.rows; ++row, blocks += p.columns / (32 * parts_of<Block>))
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
    case TensorType::q5_0: return multiply_rows<Lanes, BlockQ50>(p);
    case TensorType::q5_1: return multiply_rows<Lanes, BlockQ51>(p);
    case TensorType::q8_0: return multiply_rows<Lanes, BlockQ80>(p);
    case TensorType::q4_k: return multiply_rows<Lanes, BlockQ4K>(p);
    case TensorType::q5_k: return multiply_rows<Lanes, BlockQ5K>(p);
    case TensorType::q6_k: return multiply_rows<Lanes, BlockQ6K>(p);
  }
  return false;
}

}  // namespace

}  // namespace tb
