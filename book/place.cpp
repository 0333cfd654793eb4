#include "book/place.h"

#include "base/text.h"

namespace tb::book {

namespace {

std::string encode(std::string_view text, bool (*plain)(char)) {
  std::string out;
  for (const char c : text) {
    if (plain(c)) {
      out += c;
    } else {
      constexpr char digits[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

// RFC 3986's unreserved characters stand for themselves.
bool is_unreserved(char c) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  return plain.find(c) != std::string_view::npos;
}

bool is_readable(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7F && std::string_view("%#?&=").find(c) == std::string_view::npos;
}

Result<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto digits = text.substr(i + 1, 2);
    const auto byte = from_hex(digits);
    if (digits.size() != 2 || !byte) return fail("place.encoding", std::string(text), {std::string(text.substr(i, 3))});
    out += *byte;
    i += 2;
  }
  if (!is_utf8(out)) return fail("place.encoding", std::string(text), {std::string(text)});
  return out;
}

// Takes what stands before the first `mark` off the front of `rest`, and the mark with it.
std::string_view take_until(std::string_view& rest, char mark) {
  const auto end = rest.find(mark);
  const auto out = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return out;
}

}  // namespace

Result<Place> parse_place(std::string_view text) {
  const std::string where(text);
  std::string_view query = text;
  std::string_view head = take_until(query, '?');
  if (query.find('#') != std::string_view::npos) return fail("place.hash", where);

  const auto chapter = decode(take_until(head, '#'));
  if (!chapter) return tl::unexpected(chapter.error());
  if (chapter->empty()) return fail("place.chapter", where);
  const auto anchor = decode(head);
  if (!anchor) return tl::unexpected(anchor.error());
  Place place{*chapter, *anchor, "", {}};

  for (bool first = true; !query.empty(); first = false) {
    auto value_text = take_until(query, '&');
    const auto key = decode(take_until(value_text, '='));
    if (!key) return tl::unexpected(key.error());
    const auto value = decode(value_text);
    if (!value) return tl::unexpected(value.error());
    if (first != (*key == "lab") || (first && value->empty())) return fail("place.lab", where, {*key});
    if (first) {
      place.lab = *value;
    } else if (!place.inputs.emplace(*key, *value).second) {
      return fail("place.twice", where, {*key});
    }
  }
  return place;
}

namespace {

std::string text_of(const Place& place, bool (*plain)(char)) {
  std::string out = encode(place.chapter, plain);
  const auto add = [&](std::string_view mark, std::string_view text) { out.append(mark).append(encode(text, plain)); };
  if (!place.anchor.empty()) add("#", place.anchor);
  if (!place.lab.empty()) add("?lab=", place.lab);
  for (const auto& [key, value] : place.inputs) {
    add("&", key);
    add("=", value);
  }
  return out;
}

}  // namespace

std::string to_string(const Place& place) { return text_of(place, is_unreserved); }
std::string to_readable(const Place& place) { return text_of(place, is_readable); }

}  // namespace tb::book
