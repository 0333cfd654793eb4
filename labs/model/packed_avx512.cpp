// The kernel of packed.h for processors with AVX-512 (F and BW). Compiled with their flags, and called only there.
#include <immintrin.h>

#include "labs/model/packed_kernel.h"

namespace tb {

namespace {

struct Lanes {
  static constexpr int width = 16;
  using Vector = __m512;

  static Vector zero() { return _mm512_setzero_ps(); }
  static Vector load(const float* from) { return _mm512_loadu_ps(from); }
  static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  static float sum(Vector a) { return _mm512_reduce_add_ps(a); }

  // A float16 in every lane; two of them that stand side by side in turn.
  static Vector spread(const std::uint8_t (&half)[2]) {
    short bits;
    __builtin_memcpy(&bits, half, sizeof bits);
    return _mm512_cvtph_ps(_mm256_set1_epi16(bits));
  }
  static Vector spread_two(const void* halves) {
    int bits;
    __builtin_memcpy(&bits, halves, sizeof bits);
    return _mm512_cvtph_ps(_mm256_set1_epi32(bits));
  }
  // Sixteen nibbles from the low halves of the bytes, then sixteen from the high ones. `table` holds what each of the
  // sixteen possible nibbles stands for; the shuffle looks at the lowest four bits of its indices only.
  static void look_up(const std::uint8_t (&nibbles)[16], Vector table, Vector (&out)[2]) {
    const __m512i bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles)));
    out[0] = _mm512_permutexvar_ps(bytes, table);
    out[1] = _mm512_permutexvar_ps(_mm512_srli_epi32(bytes, 4), table);
  }
  static __m256i halves(const std::uint8_t (*from)[2]) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }

  static void expand(const BlockF32& block, Vector (&out)[2]) {
    for (int i = 0; i < 2; ++i) out[i] = _mm512_loadu_ps(block.numbers[16 * i]);
  }
  static void expand(const BlockF16& block, Vector (&out)[2]) {
    for (int i = 0; i < 2; ++i) out[i] = _mm512_cvtph_ps(halves(block.numbers + 16 * i));
  }
  static void expand(const BlockBF16& block, Vector (&out)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m512i wide = _mm512_cvtepu16_epi32(halves(block.numbers + 16 * i));
      out[i] = _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
    }
  }
  static void expand(const BlockQ40& block, Vector (&out)[2]) {
    const Vector levels = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
    look_up(block.nibbles, _mm512_mul_ps(spread(block.d), levels), out);
  }
  static void expand(const BlockQ41& block, Vector (&out)[2]) {
    const Vector levels = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const Vector d_and_m = spread_two(block.d);   // d, m, d, m, ...
    look_up(block.nibbles, _mm512_fmadd_ps(_mm512_moveldup_ps(d_and_m), levels, _mm512_movehdup_ps(d_and_m)), out);
  }
  static void expand(const BlockQ80& block, Vector (&out)[2]) {
    const Vector d = spread(block.d);
    for (int i = 0; i < 2; ++i) {
      const __m128i numbers = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block.numbers + 16 * i));
      out[i] = _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(numbers)));
    }
  }
};

}  // namespace

bool multiply_avx512(TensorType type, const PackedProduct& product) { return multiply<Lanes>(type, product); }

}  // namespace tb
