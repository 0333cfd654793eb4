#include "labs/model/dequantise.h"

#include <bit>
#include <cstring>

#include "labs/model/half.h"

namespace tb {

namespace {

float from_bfloat16(std::uint16_t half) { return std::bit_cast<float>(std::uint32_t(half) << 16); }

// The blocks as they are in the file; only bytes, so any alignment will do.
struct Half {
  std::uint8_t low, high;
  std::uint16_t bits() const { return static_cast<std::uint16_t>(low | high << 8); }
  float value() const { return from_half(bits()); }
};
struct BlockQ40 { Half scale; std::uint8_t nibbles[16]; };
struct BlockQ41 { Half scale, minimum; std::uint8_t nibbles[16]; };
struct BlockQ50 { Half scale; std::uint8_t fifths[4], nibbles[16]; };
struct BlockQ51 { Half scale, minimum; std::uint8_t fifths[4], nibbles[16]; };
struct BlockQ80 { Half scale; std::int8_t numbers[32]; };
struct BlockQ4K { Half scale, minimum; std::uint8_t scales[12], nibbles[128]; };
struct BlockQ5K { Half scale, minimum; std::uint8_t scales[12], fifths[32], nibbles[128]; };
struct BlockQ6K { std::uint8_t nibbles[128], pairs[64]; std::int8_t scales[16]; Half scale; };
static_assert(sizeof(BlockQ40) == 18 && sizeof(BlockQ41) == 20 && sizeof(BlockQ50) == 22 && sizeof(BlockQ51) == 24);
static_assert(sizeof(BlockQ80) == 34 && sizeof(BlockQ4K) == 144 && sizeof(BlockQ5K) == 176 && sizeof(BlockQ6K) == 210);

// How many elements of a row a block holds.
template <class BlockType>
constexpr std::size_t elements_of = 32;
template <>
constexpr std::size_t elements_of<BlockQ4K> = 256;
template <>
constexpr std::size_t elements_of<BlockQ5K> = 256;
template <>
constexpr std::size_t elements_of<BlockQ6K> = 256;

// Element j of a 4-bit block is the low half of byte j, element j + 16 the high half.
void expand(const BlockQ40& block, float* out) {
  const float scale = block.scale.value();
  for (int j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>((block.nibbles[j] & 15) - 8);
    out[j + 16] = scale * static_cast<float>((block.nibbles[j] >> 4) - 8);
  }
}

void expand(const BlockQ41& block, float* out) {
  const float scale = block.scale.value(), minimum = block.minimum.value();
  for (int j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>(block.nibbles[j] & 15) + minimum;
    out[j + 16] = scale * static_cast<float>(block.nibbles[j] >> 4) + minimum;
  }
}

// Element j of a 5-bit block, 0 to 31: four bits as above, the fifth is bit j of a 32-bit word.
int five_bits(const std::uint8_t* nibbles, const std::uint8_t* fifths, int j) {
  const int low = j < 16 ? nibbles[j] & 15 : nibbles[j - 16] >> 4;
  return low | (fifths[j / 8] >> j % 8 & 1) << 4;
}

void expand(const BlockQ50& block, float* out) {
  const float scale = block.scale.value();
  for (int j = 0; j < 32; ++j) out[j] = scale * static_cast<float>(five_bits(block.nibbles, block.fifths, j) - 16);
}

void expand(const BlockQ51& block, float* out) {
  const float scale = block.scale.value(), minimum = block.minimum.value();
  for (int j = 0; j < 32; ++j)
    out[j] = scale * static_cast<float>(five_bits(block.nibbles, block.fifths, j)) + minimum;
}

void expand(const BlockQ80& block, float* out) {
  const float scale = block.scale.value();
  for (int j = 0; j < 32; ++j) out[j] = scale * static_cast<float>(block.numbers[j]);
}

// The K types hold 256 elements in parts that have a scale of their own, itself a small integer times the block's.
// In Q4_K and Q5_K these are eight parts with a scale and a minimum of six bits each, 0 to 63, in twelve bytes: the
// first four scales and minima are the low six bits of bytes 0-3 and 4-7; of the last four, the low four bits are the
// halves of bytes 8-11, and the high two are what the first eight bytes have left.
struct Part { float scale, minimum; };
template <class BlockType>
Part part_of(const BlockType& block, int i) {
  const std::uint8_t* s = block.scales;
  const int scale = i < 4 ? s[i] & 63 : (s[i + 4] & 15) | s[i - 4] >> 6 << 4;
  const int minimum = i < 4 ? s[i + 4] & 63 : s[i + 4] >> 4 | s[i] >> 6 << 4;
  return {block.scale.value() * static_cast<float>(scale), block.minimum.value() * static_cast<float>(minimum)};
}

// Parts 2i and 2i + 1 are the low and the high halves of the same 32 bytes.
void expand(const BlockQ4K& block, float* out) {
  for (int i = 0; i < 8; ++i, out += 32) {
    const auto [scale, minimum] = part_of(block, i);
    const std::uint8_t* nibbles = block.nibbles + i / 2 * 32;
    for (int j = 0; j < 32; ++j) out[j] = scale * static_cast<float>(nibbles[j] >> i % 2 * 4 & 15) - minimum;
  }
}

// The fifth bits of part i are bit i of 32 bytes.
void expand(const BlockQ5K& block, float* out) {
  for (int i = 0; i < 8; ++i, out += 32) {
    const auto [scale, minimum] = part_of(block, i);
    const std::uint8_t* nibbles = block.nibbles + i / 2 * 32;
    for (int j = 0; j < 32; ++j) {
      const int number = (nibbles[j] >> i % 2 * 4 & 15) | (block.fifths[j] >> i & 1) << 4;
      out[j] = scale * static_cast<float>(number) - minimum;
    }
  }
}

// Two halves of 128 elements, each of four runs of 32: runs 0 and 1 have their low four bits in the low halves of 64
// bytes, runs 2 and 3 in the high ones; the high two bits of run r are bits 2r and 2r + 1 of 32 bytes. A scale is for
// 16 elements.
void expand(const BlockQ6K& block, float* out) {
  const float scale = block.scale.value();
  for (int i = 0; i < 8; ++i, out += 32) {
    const int half = i / 4, run = i % 4;
    const std::uint8_t* nibbles = block.nibbles + half * 64 + run % 2 * 32;
    const std::uint8_t* pairs = block.pairs + half * 32;
    const float scales[] = {scale * static_cast<float>(block.scales[2 * i]),
                            scale * static_cast<float>(block.scales[2 * i + 1])};
    for (int j = 0; j < 32; ++j) {
      const int number = (nibbles[j] >> run / 2 * 4 & 15) | (pairs[j] >> 2 * run & 3) << 4;
      out[j] = scales[j / 16] * static_cast<float>(number - 32);
    }
  }
}

template <class BlockType>
void expand_all(const std::byte* bytes, std::span<float> out) {
  const auto* blocks = reinterpret_cast<const BlockType*>(bytes);
  constexpr std::size_t size = elements_of<BlockType>;
  for (std::size_t i = 0; i < out.size() / size; ++i) expand(blocks[i], out.data() + i * size);
}

template <float (*convert)(std::uint16_t)>
void convert_all(const std::byte* bytes, std::span<float> out) {
  const auto* halves = reinterpret_cast<const Half*>(bytes);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = convert(halves[i].bits());
}

}  // namespace

Result<void> dequantise_rows(const TensorInfo& tensor, std::int64_t first, std::int64_t count, std::span<float> out) {
  const std::int64_t rows = tensor.rows();
  if (first < 0 || count < 0 || first > rows || count > rows - first ||
      static_cast<std::int64_t>(out.size()) != count * tensor.columns())
    return fail("gguf.dequantise_size", std::string(tensor.name),
                {std::to_string(out.size()), std::to_string(tensor.rows()), std::to_string(tensor.columns())});
  const std::byte* bytes = tensor.bytes.data() + first * (static_cast<std::int64_t>(tensor.bytes.size()) / rows);
  switch (tensor.type) {
    case TensorType::f32: std::memcpy(out.data(), bytes, out.size_bytes()); break;
    case TensorType::f16: convert_all<from_half>(bytes, out); break;
    case TensorType::bf16: convert_all<from_bfloat16>(bytes, out); break;
    case TensorType::q4_0: expand_all<BlockQ40>(bytes, out); break;
    case TensorType::q4_1: expand_all<BlockQ41>(bytes, out); break;
    case TensorType::q5_0: expand_all<BlockQ50>(bytes, out); break;
    case TensorType::q5_1: expand_all<BlockQ51>(bytes, out); break;
    case TensorType::q8_0: expand_all<BlockQ80>(bytes, out); break;
    case TensorType::q4_k: expand_all<BlockQ4K>(bytes, out); break;
    case TensorType::q5_k: expand_all<BlockQ5K>(bytes, out); break;
    case TensorType::q6_k: expand_all<BlockQ6K>(bytes, out); break;
  }
  return {};
}

Result<void> dequantise(const TensorInfo& tensor, std::span<float> out) {
  return dequantise_rows(tensor, 0, tensor.rows(), out);
}

}  // namespace tb
