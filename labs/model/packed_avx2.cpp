// The kernel of packed.h for processors with AVX2, FMA and F16C. Compiled with their flags, and called only there.
#include <immintrin.h>

#include "labs/model/packed_kernel.h"

namespace tb {

namespace {

struct Lanes {
  static constexpr int width = 8;
  using Vector = __m256;

  static Vector zero() { return _mm256_setzero_ps(); }
  static Vector load(const float* from) { return _mm256_loadu_ps(from); }
  static Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  static float sum(Vector a) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
  }

  // A float16 in every lane.
  static Vector spread(const std::uint8_t (&half)[2]) {
    return _mm256_set1_ps(float16_values.of[half[0] | half[1] << 8]);
  }
  static __m128i halves(const std::uint8_t (*from)[2]) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  static __m256i eight(const void* bytes) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(bytes)));
  }
  // Bits `shift` and up of eight bytes, as many as `mask` has.
  static __m256i bits(const void* bytes, int shift, int mask) {
    return _mm256_and_si256(_mm256_srl_epi32(eight(bytes), _mm_cvtsi32_si128(shift)), _mm256_set1_epi32(mask));
  }
  // Eight nibbles of a block of 32: the low halves of its sixteen bytes, then the high ones.
  static __m256i nibbles_of(const std::uint8_t (&nibbles)[16], int i) {
    return bits(nibbles + i % 2 * 8, i / 2 * 4, 15);
  }
  // Eight of 32 fifth bits, in their place.
  static __m256i fifths_of(const std::uint8_t (&fifths)[4], int i) {
    const __m256i each = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i shifted = _mm256_srlv_epi32(_mm256_set1_epi32(fifths[i]), each);
    return _mm256_slli_epi32(_mm256_and_si256(shifted, _mm256_set1_epi32(1)), 4);
  }
  // d * numbers + m
  static Vector scaled(__m256i numbers, Vector d, Vector m) {
    return _mm256_fmadd_ps(d, _mm256_cvtepi32_ps(numbers), m);
  }
  // d * (numbers - offset)
  static Vector centred(__m256i numbers, int offset, Vector d) {
    return _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_sub_epi32(numbers, _mm256_set1_epi32(offset))));
  }
  static Vector times(Vector a, float b) { return _mm256_mul_ps(a, _mm256_set1_ps(b)); }

  static void expand(const BlockF32& block, int, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i)
      out[i] = _mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(block.numbers + 8 * i)));
  }
  static void expand(const BlockF16& block, int, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i) out[i] = _mm256_cvtph_ps(halves(block.numbers + 8 * i));
  }
  static void expand(const BlockBF16& block, int, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i) {
      const __m256i wide = _mm256_cvtepu16_epi32(halves(block.numbers + 8 * i));
      out[i] = _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
    }
  }
  static void expand(const BlockQ40& block, int, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i) out[i] = centred(nibbles_of(block.nibbles, i), 8, spread(block.d));
  }
  static void expand(const BlockQ41& block, int, Vector (&out)[4]) {
    const Vector d = spread(block.d), m = spread(block.m);
    for (int i = 0; i < 4; ++i) out[i] = scaled(nibbles_of(block.nibbles, i), d, m);
  }
  static void expand(const BlockQ50& block, int, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i)
      out[i] = centred(_mm256_or_si256(nibbles_of(block.nibbles, i), fifths_of(block.fifths, i)), 16, spread(block.d));
  }
  static void expand(const BlockQ51& block, int, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i)
      out[i] = scaled(_mm256_or_si256(nibbles_of(block.nibbles, i), fifths_of(block.fifths, i)), spread(block.d),
                      spread(block.m));
  }
  static void expand(const BlockQ80& block, int, Vector (&out)[4]) {
    const Vector d = spread(block.d);
    for (int i = 0; i < 4; ++i) {
      const __m128i numbers = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(block.numbers + 8 * i));
      out[i] = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(numbers)));
    }
  }
  static void expand(const BlockQ4K& block, int part, Vector (&out)[4]) {
    const Vector d = times(spread(block.d), part_scale(block.scales, part));
    const Vector m = times(spread(block.m), -part_minimum(block.scales, part));
    for (int i = 0; i < 4; ++i)
      out[i] = scaled(bits(block.nibbles + part / 2 * 32 + 8 * i, part % 2 * 4, 15), d, m);
  }
  static void expand(const BlockQ5K& block, int part, Vector (&out)[4]) {
    const Vector d = times(spread(block.d), part_scale(block.scales, part));
    const Vector m = times(spread(block.m), -part_minimum(block.scales, part));
    for (int i = 0; i < 4; ++i) {
      const __m256i low = bits(block.nibbles + part / 2 * 32 + 8 * i, part % 2 * 4, 15);
      const __m256i fifth = _mm256_slli_epi32(bits(block.fifths + 8 * i, part, 1), 4);
      out[i] = scaled(_mm256_or_si256(low, fifth), d, m);
    }
  }
  static void expand(const BlockQ6K& block, int part, Vector (&out)[4]) {
    const int half = part / 4, run = part % 4;
    for (int i = 0; i < 4; ++i) {
      const __m256i low = bits(block.nibbles + half * 64 + run % 2 * 32 + 8 * i, run / 2 * 4, 15);
      const __m256i high = _mm256_slli_epi32(bits(block.pairs + half * 32 + 8 * i, 2 * run, 3), 4);
      out[i] = centred(_mm256_or_si256(low, high), 32, times(spread(block.d), block.scales[2 * part + i / 2]));
    }
  }
};

}  // namespace

bool multiply_avx2(TensorType type, const PackedProduct& product) { return multiply<Lanes>(type, product); }

}  // namespace tb
