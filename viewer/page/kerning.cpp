#include "viewer/page/kerning.h"

#include <cmath>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_TRUETYPE_TABLES_H
#include FT_TRUETYPE_TAGS_H

#include "base/text.h"

namespace tb::viewer::page {

namespace {

// The pairs of a face. FreeType's own FT_Get_Kerning loses half of PT Serif's and two thirds of PT Sans's: it believes
// the table's length, a 16-bit number that such long tables overflow; the number of pairs is right.
struct Pairs {
  FT_Face face = nullptr;                           // none: no table
  std::vector<FT_Byte> table;                       // 6 bytes a pair, sorted: left and right glyph, units of the em
  std::unordered_map<std::uint64_t, float> known;   // by two characters, in ems

  float between(char32_t left, char32_t right) {
    const auto [at, added] = known.try_emplace(std::uint64_t{left} << 32 | right, 0.f);
    if (added) at->second = static_cast<float>(units(left, right)) / static_cast<float>(face->units_per_EM);
    return at->second;
  }

 private:
  int units(char32_t left, char32_t right) const {
    const FT_UInt a = FT_Get_Char_Index(face, left), b = FT_Get_Char_Index(face, right);
    if (a == 0 || b == 0) return 0;
    const auto number = [&](std::size_t at) { return static_cast<std::uint16_t>(table[at] << 8 | table[at + 1]); };
    const std::pair wanted{static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b)};
    std::size_t first = 0, count = table.size() / 6;
    while (count > 0) {                             // the first pair that is not below the wanted one
      const std::size_t half = count / 2, at = 6 * (first + half);
      if (std::pair{number(at), number(at + 2)} < wanted) first += half + 1, count -= half + 1;
      else count = half;
    }
    const std::size_t at = 6 * first;
    if (at + 6 > table.size() || std::pair{number(at), number(at + 2)} != wanted) return 0;
    return static_cast<std::int16_t>(number(at + 4));
  }
};

// The pairs of a `kern` table with one horizontal subtable of format 0, which is what TrueType fonts have; else none.
std::vector<FT_Byte> pairs_in(FT_Face face) {
  constexpr std::size_t header = 4, subtable = 14;  // subtable: 7 numbers of 2 bytes
  FT_ULong length = 0;
  if (FT_Load_Sfnt_Table(face, TTAG_kern, 0, nullptr, &length) != 0 || length < header + subtable) return {};
  std::vector<FT_Byte> bytes(length);
  if (FT_Load_Sfnt_Table(face, TTAG_kern, 0, bytes.data(), &length) != 0) return {};
  const auto number = [&](std::size_t at) { return static_cast<std::size_t>(bytes[at] << 8 | bytes[at + 1]); };
  const std::size_t version = number(0), format = bytes[header + 4], coverage = bytes[header + 5];
  const std::size_t end = header + subtable + 6 * number(header + 6);
  if (version != 0 || format != 0 || (coverage & 7) != 1 || end > bytes.size()) return {};
  return {bytes.begin() + header + subtable, bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

// By the bytes of the font file, which stay mapped as long as the process lives (viewer/fonts.cpp).
Pairs& pairs_of(const ImFont* font) {
  static std::unordered_map<const void*, Pairs> all;
  static FT_Library library = [] {
    FT_Library made = nullptr;
    FT_Init_FreeType(&made);
    return made;
  }();
  const ImFontConfig& file = *font->Sources[0];
  const auto [at, added] = all.try_emplace(file.FontData);
  if (!added) return at->second;
  FT_Face face = nullptr;
  if (FT_New_Memory_Face(library, static_cast<const FT_Byte*>(file.FontData), file.FontDataSize, 0, &face) != 0)
    return at->second;
  at->second.table = pairs_in(face);
  if (!at->second.table.empty()) at->second.face = face;
  else FT_Done_Face(face);
  return at->second;
}

bool is_space(char32_t c) { return c == U' ' || c == U'\u00A0' || c == U'\u202F'; }

}  // namespace

float kerning(const Style& style, char32_t left, char32_t right) {
  if (left == 0 || is_space(left) || is_space(right)) return 0;
  Pairs& pairs = pairs_of(style.font);
  return pairs.face ? std::round(pairs.between(left, right) * style.size) : 0;
}

float kerning(const Style& style, std::string_view left, std::string_view right) {
  if (left.empty() || right.empty()) return 0;
  std::size_t last = left.size() - 1, first = 0;
  while (last > 0 && (static_cast<unsigned char>(left[last]) & 0xC0) == 0x80) --last;   // to its first byte
  return kerning(style, next_code_point(left, last).value_or(0), next_code_point(right, first).value_or(0));
}

void draw_text(ImDrawList& list, const Style& style, ImVec2 at, ImU32 color, std::string_view text) {
  ImFontBaked* baked = style.font->GetFontBaked(style.size);
  const ImDrawFlags before = list.Flags;
  list.Flags |= ImDrawFlags_TextNoPixelSnap;   // on dense displays a letter's advance is not whole
  float width = 0;                                 // of the letters from `begin`, which are drawn at once
  std::size_t begin = 0;
  char32_t left = 0;
  const auto draw = [&](std::size_t end) {
    list.AddText(style.font, style.size, at, color, text.data() + begin, text.data() + end);
  };
  for (std::size_t here = 0; here < text.size();) {
    const std::size_t letter = here;
    const char32_t c = next_code_point(text, here).value_or(U'?');
    if (const float gap = kerning(style, left, c); gap != 0) {
      draw(letter);
      at.x += width + gap;
      width = 0;
      begin = letter;
    }
    width += baked->GetCharAdvance(static_cast<ImWchar>(c));
    left = c;
  }
  draw(text.size());
  list.Flags = before;
}

}  // namespace tb::viewer::page
