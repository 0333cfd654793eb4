#include "labs/model/dequantise.h"

#include <bit>
#include <cstring>

namespace tb {

namespace {

constexpr std::int64_t block_size = 32;   // elements of a quantised block

// IEEE half to single precision. No branch and no lookup, so that loops over it vectorise; and no subnormal operand
// or result, so that it is right where those are flushed to zero.
float from_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t(half & 0x8000) << 16;
  const std::uint32_t magnitude = half & 0x7fff;
  // Normal numbers, infinities, NaN: put the exponent to the top of float's range, then scale it down to its place.
  const float normal = std::bit_cast<float>((magnitude << 13) + (0xe0u << 23)) * 0x1p-112f;
  // Subnormal numbers, magnitude * 2^-24: as the low bits of 0.5, which is then taken away.
  const float subnormal = std::bit_cast<float>(magnitude | (126u << 23)) - 0.5f;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude < 0x0400 ? subnormal : normal));
}

float from_bfloat16(std::uint16_t half) { return std::bit_cast<float>(std::uint32_t(half) << 16); }

// The blocks as they are in the file; only bytes, so any alignment will do.
struct Half {
  std::uint8_t low, high;
  std::uint16_t bits() const { return static_cast<std::uint16_t>(low | high << 8); }
};
struct BlockQ40 { Half scale; std::uint8_t nibbles[block_size / 2]; };
struct BlockQ41 { Half scale, minimum; std::uint8_t nibbles[block_size / 2]; };
struct BlockQ80 { Half scale; std::int8_t numbers[block_size]; };
static_assert(sizeof(BlockQ40) == 18 && sizeof(BlockQ41) == 20 && sizeof(BlockQ80) == 34);

// Element j of a 4-bit block is the low half of byte j, element j + 16 the high half.
void expand(const BlockQ40& block, float* out) {
  const float scale = from_half(block.scale.bits());
  for (int j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>((block.nibbles[j] & 15) - 8);
    out[j + 16] = scale * static_cast<float>((block.nibbles[j] >> 4) - 8);
  }
}

void expand(const BlockQ41& block, float* out) {
  const float scale = from_half(block.scale.bits()), minimum = from_half(block.minimum.bits());
  for (int j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>(block.nibbles[j] & 15) + minimum;
    out[j + 16] = scale * static_cast<float>(block.nibbles[j] >> 4) + minimum;
  }
}

void expand(const BlockQ80& block, float* out) {
  const float scale = from_half(block.scale.bits());
  for (int j = 0; j < block_size; ++j) out[j] = scale * static_cast<float>(block.numbers[j]);
}

template <class BlockType>
void expand_all(const std::byte* bytes, std::span<float> out) {
  const auto* blocks = reinterpret_cast<const BlockType*>(bytes);
  for (std::size_t i = 0; i < out.size() / block_size; ++i) expand(blocks[i], out.data() + i * block_size);
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
    case TensorType::q8_0: expand_all<BlockQ80>(bytes, out); break;
  }
  return {};
}

Result<void> dequantise(const TensorInfo& tensor, std::span<float> out) {
  return dequantise_rows(tensor, 0, tensor.rows(), out);
}

}  // namespace tb
