#include "base/text.h"

#include <algorithm>
#include <numeric>

namespace tb {

namespace {

// Length of the well-formed sequence that starts at `at`, with its code point; 0 where there is none.
// The table is the Unicode Standard's "Well-Formed UTF-8 Byte Sequences" (table 3-7).
int sequence(std::string_view text, std::size_t at, char32_t& code_point) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned b = byte(at);
  if (b < 0x80) return code_point = b, 1;
  if (b >= 0xC2 && b <= 0xDF && tail(at + 1)) {
    code_point = (b & 0x1Fu) << 6 | (byte(at + 1) & 0x3Fu);
    return 2;
  }
  if ((b & 0xF0u) == 0xE0u && tail(at + 1) && tail(at + 2)) {
    code_point = (b & 0x0Fu) << 12 | (byte(at + 1) & 0x3Fu) << 6 | (byte(at + 2) & 0x3Fu);
    return code_point >= 0x800 && (code_point < 0xD800 || code_point > 0xDFFF) ? 3 : 0;
  }
  if (b >= 0xF0 && b <= 0xF4 && tail(at + 1) && tail(at + 2) && tail(at + 3)) {
    code_point = (b & 0x07u) << 18 | (byte(at + 1) & 0x3Fu) << 12 | (byte(at + 2) & 0x3Fu) << 6 | (byte(at + 3) & 0x3Fu);
    return code_point >= 0x10000 && code_point <= 0x10FFFF ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) {
  char32_t code_point = 0;
  const int length = sequence(text, at, code_point);
  at += length ? static_cast<std::size_t>(length) : 1;
  return length ? std::optional(code_point) : std::nullopt;
}

bool is_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();)
    if (!next_code_point(bytes, at)) return false;
  return true;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int tails = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  const unsigned lead = tails == 1 ? 0xC0u : tails == 2 ? 0xE0u : 0xF0u;
  out += static_cast<char>(lead | c >> (6 * tails));
  for (int i = tails - 1; i >= 0; --i) out += static_cast<char>(0x80u | (c >> (6 * i) & 0x3Fu));
}

std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const unsigned char b : bytes) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (hex.size() % 2) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known) {
  // Levenshtein's distance, one row at a time.
  const auto distance = [&](std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0]++;
      for (std::size_t j = 0; j < other.size(); ++j) {
        const std::size_t replace = diagonal + (word[i] == other[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replace, row[j] + 1, row[j + 1] + 1});
      }
    }
    return row.back();
  };
  const std::string* best = nullptr;
  std::size_t best_distance = 0;
  for (const std::string& name : known) {
    const std::size_t d = distance(name);
    if (!best || d < best_distance) best = &name, best_distance = d;
  }
  // Farther than half the word, and it is a guess rather than a slip.
  if (!best || best_distance > std::max<std::size_t>(2, std::max(word.size(), best->size()) / 2)) return std::nullopt;
  return *best;
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace tb
