#include "book/entities.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace tb::book {

namespace {

// Only what is hard to tell apart, or to type, in an editor; everything else is written as the character itself.
constexpr std::array<std::pair<std::string_view, char32_t>, 31> names{{
    {"amp", U'&'},         {"lt", U'<'},          {"gt", U'>'},          {"quot", U'"'},       {"apos", U'\''},
    {"nbsp", 0x00A0},      {"shy", 0x00AD},       {"ensp", 0x2002},      {"emsp", 0x2003},     {"thinsp", 0x2009},
    {"zwnj", 0x200C},      {"zwj", 0x200D},       {"ndash", 0x2013},     {"mdash", 0x2014},    {"hellip", 0x2026},
    {"lsquo", 0x2018},     {"rsquo", 0x2019},     {"ldquo", 0x201C},     {"rdquo", 0x201D},    {"bdquo", 0x201E},
    {"laquo", 0x00AB},     {"raquo", 0x00BB},     {"minus", 0x2212},     {"times", 0x00D7},    {"middot", 0x00B7},
    {"deg", 0x00B0},       {"copy", 0x00A9},      {"sect", 0x00A7},      {"rarr", 0x2192},     {"larr", 0x2190},
    {"dollar", U'$'},
}};

}  // namespace

std::optional<std::string> decode_entity(std::string_view entity) {
  if (entity.size() < 3 || entity.front() != '&' || entity.back() != ';') return std::nullopt;
  const auto body = entity.substr(1, entity.size() - 2);
  std::string out;
  if (body.front() != '#') {
    for (const auto& [name, code_point] : names) {
      if (name != body) continue;
      append_utf8(out, code_point);
      return out;
    }
    return std::nullopt;
  }
  const bool hexadecimal = body.size() > 1 && (body[1] == 'x' || body[1] == 'X');
  const auto digits = body.substr(hexadecimal ? 2 : 1);
  std::uint32_t number = 0;
  const char* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, number, hexadecimal ? 16 : 10);
  if (end != last) return std::nullopt;
  // CommonMark: zero, surrogates and what lies beyond Unicode become the replacement character.
  const bool valid = error == std::errc() && number != 0 && number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF);
  append_utf8(out, valid ? number : 0xFFFD);
  return out;
}

}  // namespace tb::book
