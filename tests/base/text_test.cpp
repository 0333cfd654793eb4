#include "tests/catch.h"

#include <random>

#include "base/text.h"

using namespace tb;

// Unicode 15, table 3-7 "Well-Formed UTF-8 Byte Sequences", written as ranges: the definition, not our code.
static bool well_formed(std::string_view s) {
  const auto in = [&](std::size_t i, unsigned low, unsigned high) {
    return i < s.size() && static_cast<unsigned char>(s[i]) >= low && static_cast<unsigned char>(s[i]) <= high;
  };
  for (std::size_t i = 0; i < s.size();) {
    if (in(i, 0x00, 0x7F)) i += 1;
    else if (in(i, 0xC2, 0xDF) && in(i + 1, 0x80, 0xBF)) i += 2;
    else if ((in(i, 0xE0, 0xE0) && in(i + 1, 0xA0, 0xBF) && in(i + 2, 0x80, 0xBF)) ||
             (in(i, 0xE1, 0xEC) && in(i + 1, 0x80, 0xBF) && in(i + 2, 0x80, 0xBF)) ||
             (in(i, 0xED, 0xED) && in(i + 1, 0x80, 0x9F) && in(i + 2, 0x80, 0xBF)) ||
             (in(i, 0xEE, 0xEF) && in(i + 1, 0x80, 0xBF) && in(i + 2, 0x80, 0xBF))) i += 3;
    else if ((in(i, 0xF0, 0xF0) && in(i + 1, 0x90, 0xBF) && in(i + 2, 0x80, 0xBF) && in(i + 3, 0x80, 0xBF)) ||
             (in(i, 0xF1, 0xF3) && in(i + 1, 0x80, 0xBF) && in(i + 2, 0x80, 0xBF) && in(i + 3, 0x80, 0xBF)) ||
             (in(i, 0xF4, 0xF4) && in(i + 1, 0x80, 0x8F) && in(i + 2, 0x80, 0xBF) && in(i + 3, 0x80, 0xBF))) i += 4;
    else return false;
  }
  return true;
}

TEST_CASE("UTF-8 is judged as the Unicode Standard's table does", "[text]") {
  // Every sequence of two bytes, and of three and four with the bytes where the table changes its mind.
  static const unsigned edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                   0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
  for (unsigned a = 0; a < 256; ++a)
    for (unsigned b = 0; b < 256; ++b) {
      const std::string s{static_cast<char>(a), static_cast<char>(b)};
      if (is_utf8(s) != well_formed(s)) FAIL(to_hex(s));
    }
  int checked = 0;
  for (const unsigned a : edges)
    for (const unsigned b : edges)
      for (const unsigned c : edges)
        for (const unsigned d : edges) {
          const std::string s{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c), static_cast<char>(d)};
          if (is_utf8(s) != well_formed(s)) FAIL(to_hex(s));
          ++checked;
        }
  CHECK(checked == 25 * 25 * 25 * 25);
}

TEST_CASE("every code point survives writing and reading", "[text]") {
  int wrong = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string s;
    append_utf8(s, c);
    std::size_t at = 0;
    if (next_code_point(s, at) != c || at != s.size()) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("hexadecimal goes both ways and refuses what is none", "[text]") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(from_hex(to_hex(all)) == all);
  CHECK(to_hex("\xC3\xA9") == "c3a9");
  CHECK_FALSE(from_hex("c3a"));
  CHECK_FALSE(from_hex("zz"));
}

TEST_CASE("the nearest name is a slip away, not a guess", "[text]") {
  const std::vector<std::string> known{"temperature", "top-k", "top-p", "seed"};
  CHECK(nearest("temprature", known) == "temperature");
  CHECK(nearest("top_k", known) == "top-k");
  CHECK_FALSE(nearest("quetzalcoatl", known));
}

TEST_CASE("globs match whole names", "[text]") {
  CHECK(matches_glob("blocks.*.attn.pattern", "blocks.12.attn.pattern"));
  CHECK(matches_glob("*", ""));
  CHECK(matches_glob("a*b*c", "aXbXbc"));
  CHECK_FALSE(matches_glob("a*b", "abc"));
  CHECK_FALSE(matches_glob("", "a"));
}
