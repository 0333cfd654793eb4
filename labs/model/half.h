// Numbers of 16 bits, as files keep them.
#pragma once

#include <bit>
#include <cstdint>

namespace tb {

// IEEE half to single precision. No branch and no lookup, so that loops over it vectorise; and no subnormal operand
// or result, so that it is right where those are flushed to zero.
constexpr float from_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t(half & 0x8000) << 16;
  const std::uint32_t magnitude = half & 0x7fff;
  // Normal numbers, infinities, NaN: put the exponent to the top of float's range, then scale it down to its place.
  const float normal = std::bit_cast<float>((magnitude << 13) + (0xe0u << 23)) * 0x1p-112f;
  // Subnormal numbers, magnitude * 2^-24: as the low bits of 0.5, which is then taken away.
  const float subnormal = std::bit_cast<float>(magnitude | (126u << 23)) - 0.5f;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude < 0x0400 ? subnormal : normal));
}

}  // namespace tb
