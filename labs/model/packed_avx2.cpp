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

  // A float16 in every lane; two of them that stand side by side in turn.
  static Vector spread(const std::uint8_t (&half)[2]) {
    short bits;
    __builtin_memcpy(&bits, half, sizeof bits);
    return _mm256_cvtph_ps(_mm_set1_epi16(bits));
  }
  static Vector spread_two(const void* halves) {
    int bits;
    __builtin_memcpy(&bits, halves, sizeof bits);
    return _mm256_cvtph_ps(_mm_set1_epi32(bits));
  }
  static __m128i halves(const std::uint8_t (*from)[2]) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  static __m128i eight_bytes(const void* from) { return _mm_loadl_epi64(static_cast<const __m128i*>(from)); }
  // The 32 nibbles as numbers, times d, plus m.
  static void expand_nibbles(const std::uint8_t (&nibbles)[16], Vector d, Vector m, Vector (&out)[4]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i bytes = _mm256_cvtepu8_epi32(eight_bytes(nibbles + 8 * i));
      const __m256i low = _mm256_and_si256(bytes, _mm256_set1_epi32(15)), high = _mm256_srli_epi32(bytes, 4);
      out[i] = _mm256_fmadd_ps(d, _mm256_cvtepi32_ps(low), m);
      out[i + 2] = _mm256_fmadd_ps(d, _mm256_cvtepi32_ps(high), m);
    }
  }

  static void expand(const BlockF32& block, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i) out[i] = _mm256_castsi256_ps(_mm256_loadu_si256(
        reinterpret_cast<const __m256i*>(block.numbers + 8 * i)));
  }
  static void expand(const BlockF16& block, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i) out[i] = _mm256_cvtph_ps(halves(block.numbers + 8 * i));
  }
  static void expand(const BlockBF16& block, Vector (&out)[4]) {
    for (int i = 0; i < 4; ++i) {
      const __m256i wide = _mm256_cvtepu16_epi32(halves(block.numbers + 8 * i));
      out[i] = _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
    }
  }
  static void expand(const BlockQ40& block, Vector (&out)[4]) {
    const Vector d = spread(block.d);   // d * nibble - 8 d is exact: 11 bits times 4 or 5
    expand_nibbles(block.nibbles, d, _mm256_mul_ps(d, _mm256_set1_ps(-8)), out);
  }
  static void expand(const BlockQ41& block, Vector (&out)[4]) {
    const Vector d_and_m = spread_two(block.d);   // d, m, d, m, ...
    expand_nibbles(block.nibbles, _mm256_moveldup_ps(d_and_m), _mm256_movehdup_ps(d_and_m), out);
  }
  static void expand(const BlockQ80& block, Vector (&out)[4]) {
    const Vector d = spread(block.d);
    for (int i = 0; i < 4; ++i)
      out[i] = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight_bytes(block.numbers + 8 * i))));
  }
};

}  // namespace

bool multiply_avx2(TensorType type, const PackedProduct& product) { return multiply<Lanes>(type, product); }

}  // namespace tb
