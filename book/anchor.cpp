#include "book/anchor.h"

#include <algorithm>

#include "base/text.h"
#include "book/source.h"

namespace tb::book {

std::optional<std::string> anchor_of(std::string_view html) {
  constexpr std::string_view before = "<a id=\"", after = "\"></a>";
  html = trim_blanks(html);
  if (!html.starts_with(before) || !html.ends_with(after) || html.size() <= before.size() + after.size()) return {};
  const auto id = html.substr(before.size(), html.size() - before.size() - after.size());
  const bool valid = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  return valid ? std::optional(std::string(id)) : std::nullopt;
}

std::string slug(std::string_view title) {
  std::string out;
  for (std::size_t at = 0; at < title.size();) {
    auto c = next_code_point(title, at).value_or(0xFFFD);
    if ((c >= 'A' && c <= 'Z') || (c >= 0x0410 && c <= 0x042F)) c += 0x20;
    if (c == 0x0401) c = 0x0451;   // Ё
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 0x0370 && c <= 0x052F);
    if (letter) append_utf8(out, c);
    if (!letter && !out.empty() && out.back() != '-') out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "section" : out;
}

}  // namespace tb::book
