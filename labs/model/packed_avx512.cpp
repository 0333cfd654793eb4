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

  // A float16 in every lane.
  static Vector spread(const std::uint8_t (&half)[2]) {
    return _mm512_set1_ps(float16_values.of[half[0] | half[1] << 8]);
  }
  static __m512i sixteen(const void* bytes) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(bytes)));
  }
  static __m256i halves(const std::uint8_t (*from)[2]) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  // first, first + 1, ..., first + 15
  static Vector levels(float first) {
    return _mm512_add_ps(_mm512_set1_ps(first), _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  }
  // A table holds what each of the sixteen possible nibbles stands for. The shuffle looks at the lowest four bits of
  // its indices only, so what else is in a byte does not matter.
  static Vector look_up(__m512i nibbles, Vector table) { return _mm512_permutexvar_ps(nibbles, table); }
  // Where a fifth bit is set, in a second table.
  static Vector look_up(__m512i nibbles, Vector low, __mmask16 fifth, Vector high) {
    return _mm512_mask_permutexvar_ps(look_up(nibbles, low), fifth, nibbles, high);
  }
  static __m512i nibbles_of(const std::uint8_t* bytes, bool high) {
    return _mm512_srl_epi32(sixteen(bytes), _mm_cvtsi32_si128(high ? 4 : 0));
  }
  static void look_up_all(const std::uint8_t (&nibbles)[16], Vector table, Vector (&out)[2]) {
    const __m512i bytes = sixteen(nibbles);
    out[0] = look_up(bytes, table);
    out[1] = look_up(_mm512_srli_epi32(bytes, 4), table);
  }
  static void look_up_all(const std::uint8_t (&nibbles)[16], Vector low, const std::uint8_t (&fifths)[4], Vector high,
                          Vector (&out)[2]) {
    const __m512i bytes = sixteen(nibbles);
    out[0] = look_up(bytes, low, static_cast<__mmask16>(fifths[0] | fifths[1] << 8), high);
    out[1] = look_up(_mm512_srli_epi32(bytes, 4), low, static_cast<__mmask16>(fifths[2] | fifths[3] << 8), high);
  }

  static void expand(const BlockF32& block, int, Vector (&out)[2]) {
    for (int i = 0; i < 2; ++i) out[i] = _mm512_loadu_ps(block.numbers[16 * i]);
  }
  static void expand(const BlockF16& block, int, Vector (&out)[2]) {
    for (int i = 0; i < 2; ++i) out[i] = _mm512_cvtph_ps(halves(block.numbers + 16 * i));
  }
  static void expand(const BlockBF16& block, int, Vector (&out)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m512i wide = _mm512_cvtepu16_epi32(halves(block.numbers + 16 * i));
      out[i] = _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
    }
  }
  static void expand(const BlockQ40& block, int, Vector (&out)[2]) {
    look_up_all(block.nibbles, _mm512_mul_ps(spread(block.d), levels(-8)), out);
  }
  static void expand(const BlockQ41& block, int, Vector (&out)[2]) {
    const Vector d = spread(block.d), m = spread(block.m);
    look_up_all(block.nibbles, _mm512_fmadd_ps(d, levels(0), m), out);
  }
  static void expand(const BlockQ50& block, int, Vector (&out)[2]) {
    const Vector d = spread(block.d);
    look_up_all(block.nibbles, _mm512_mul_ps(d, levels(-16)), block.fifths, _mm512_mul_ps(d, levels(0)), out);
  }
  static void expand(const BlockQ51& block, int, Vector (&out)[2]) {
    const Vector d = spread(block.d), m = spread(block.m);
    look_up_all(block.nibbles, _mm512_fmadd_ps(d, levels(0), m), block.fifths, _mm512_fmadd_ps(d, levels(16), m), out);
  }
  static void expand(const BlockQ80& block, int, Vector (&out)[2]) {
    const Vector d = spread(block.d);
    for (int i = 0; i < 2; ++i) {
      const __m128i numbers = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block.numbers + 16 * i));
      out[i] = _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(numbers)));
    }
  }
  static void expand(const BlockQ4K& block, int part, Vector (&out)[2]) {
    const Vector d = _mm512_mul_ps(spread(block.d), _mm512_set1_ps(part_scale(block.scales, part)));
    const Vector m = _mm512_mul_ps(spread(block.m), _mm512_set1_ps(part_minimum(block.scales, part)));
    const Vector table = _mm512_fmsub_ps(d, levels(0), m);
    for (int i = 0; i < 2; ++i)
      out[i] = look_up(nibbles_of(block.nibbles + part / 2 * 32 + 16 * i, part % 2), table);
  }
  static void expand(const BlockQ5K& block, int part, Vector (&out)[2]) {
    const Vector d = _mm512_mul_ps(spread(block.d), _mm512_set1_ps(part_scale(block.scales, part)));
    const Vector m = _mm512_mul_ps(spread(block.m), _mm512_set1_ps(part_minimum(block.scales, part)));
    const Vector low = _mm512_fmsub_ps(d, levels(0), m), high = _mm512_fmsub_ps(d, levels(16), m);
    for (int i = 0; i < 2; ++i) {
      const __mmask16 fifth = _mm512_test_epi32_mask(sixteen(block.fifths + 16 * i), _mm512_set1_epi32(1 << part));
      out[i] = look_up(nibbles_of(block.nibbles + part / 2 * 32 + 16 * i, part % 2), low, fifth, high);
    }
  }
  static void expand(const BlockQ6K& block, int part, Vector (&out)[2]) {
    const int half = part / 4, run = part % 4;
    for (int i = 0; i < 2; ++i) {
      const __m512i low = nibbles_of(block.nibbles + half * 64 + run % 2 * 32 + 16 * i, run >= 2);
      const __m512i pairs = _mm512_srl_epi32(sixteen(block.pairs + half * 32 + 16 * i), _mm_cvtsi32_si128(2 * run));
      const __m512i number = _mm512_or_epi32(_mm512_and_epi32(low, _mm512_set1_epi32(15)),
                                             _mm512_slli_epi32(_mm512_and_epi32(pairs, _mm512_set1_epi32(3)), 4));
      const Vector scale = _mm512_set1_ps(static_cast<float>(block.scales[2 * part + i]));
      out[i] = _mm512_mul_ps(_mm512_mul_ps(spread(block.d), scale),
                             _mm512_cvtepi32_ps(_mm512_sub_epi32(number, _mm512_set1_epi32(32))));
    }
  }
};

}  // namespace

bool multiply_avx512(TensorType type, const PackedProduct& product) { return multiply<Lanes>(type, product); }

}  // namespace tb
