#include "book/export/html.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace tb::book {

namespace {

// Calls `add` with every character that may stand in a document.
template <class Add>
void for_each_character(std::string_view text, Add add) {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at).value_or(0xFFFD);
    const bool control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c < 0xA0);
    const bool no_character = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
    if (!control && !no_character) add(c);
  }
}

std::string hex_digits(unsigned value, int digits) {
  std::string out;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789ABCDEF"[(value >> shift) & 15];
  return out;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for_each_character(text, [&](char32_t c) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: append_utf8(out, c);
    }
  });
  return out;
}

std::string quote_script(std::string_view text) {
  std::string out = "\"";
  for_each_character(text, [&](char32_t c) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20 || c == '<' || c == 0x2028 || c == 0x2029) {   // U+2028 ends a line in older engines
      out += "\\u" + hex_digits(static_cast<unsigned>(c), 4);
    } else {
      append_utf8(out, c);
    }
  });
  return out + "\"";
}

std::string visible_blanks(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t last = first == text.size() ? first : text.find_last_not_of(' ') + 1;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') out += "↵ ";
    else if (i < first || i >= last) out += "·";
    else out += text[i];
  }
  return out;
}

std::string voice(std::string_view text, std::string_view page_language) {
  bool latin = false, cyrillic = false;
  for_each_character(text, [&](char32_t c) {
    latin |= c < 0x80 && std::isalpha(static_cast<int>(c));
    cyrillic |= c >= 0x400 && c < 0x500;
  });
  if (latin == cyrillic) return "";
  const std::string_view language = latin ? "en" : "ru";
  return language == page_language ? "" : " lang=\"" + std::string(language) + "\"";
}

std::string escape_url(std::string_view path) {
  constexpr std::string_view allowed = "-._~/:?#[]@!$&'()*+,;=%";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) || allowed.find(c) != std::string_view::npos);
    if (plain) out += c;
    else out += "%" + hex_digits(byte, 2);
  }
  return out;
}

}  // namespace tb::book
