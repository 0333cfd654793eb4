#include "labs/control/chosen_heads.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tb {
namespace {

struct Range { std::int64_t first, last; };

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  return value;
}

std::optional<Range> range(std::string_view text, std::int64_t size) {
  if (text == "*") return Range{0, size - 1};
  const auto dots = text.find("..");
  const auto first = number(text.substr(0, dots));
  const auto last = dots == std::string_view::npos ? first : number(text.substr(dots + 2));
  if (!first || !last || *first > *last || *last >= size) return std::nullopt;
  return Range{*first, *last};
}

// Where the layer ends: at the only dot that stands alone.
std::size_t single_dot(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '.') continue;
    if (at + 1 < text.size() && text[at + 1] == '.') ++at;   // skips the pair
    else return at;
  }
  return std::string_view::npos;
}

}  // namespace

Result<HeadSet> parse_heads(std::string_view text, std::int64_t layers, std::int64_t heads, const std::string& where) {
  std::string packed(text);
  std::erase_if(packed, [](char c) { return c == ' ' || c == '\t'; });
  const auto refused = [&] {
    return fail("control.heads", where, {std::string(text), std::to_string(layers - 1), std::to_string(heads - 1)});
  };
  HeadSet out;
  for (std::string_view rest = packed;;) {
    const std::size_t end = rest.find_first_of("+,");
    const std::string_view item = rest.substr(0, end);
    const std::size_t dot = single_dot(item);
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == item.size()) return refused();
    const auto of_layers = range(item.substr(0, dot), layers), of_heads = range(item.substr(dot + 1), heads);
    if (!of_layers || !of_heads) return refused();
    for (std::int64_t layer = of_layers->first; layer <= of_layers->last; ++layer)
      for (std::int64_t head = of_heads->first; head <= of_heads->last; ++head) out.emplace(layer, head);
    if (end == std::string_view::npos) return out;
    rest.remove_prefix(end + 1);
  }
}

std::string to_text(const HeadSet& heads) {
  std::string out;
  for (const auto& [layer, head] : heads)
    out += (out.empty() ? "" : "+") + std::to_string(layer) + "." + std::to_string(head);
  return out;
}

}  // namespace tb
