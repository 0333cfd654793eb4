#include "book/spot.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace tb::book {

namespace {

constexpr std::size_t snippet_length = 80;                 // code points

bool begins_section(const Block& block) {
  return block.kind == Block::Kind::heading && block.level >= 2 && !block.anchor.empty();
}

struct Range { std::size_t begin, end; };

// The section that the heading at `begin` heads, or what stands before the first one.
Range section_from(const std::vector<Block>& blocks, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < blocks.size() && !begins_section(blocks[end])) ++end;
  return {begin, std::min(end, blocks.size())};
}

std::optional<Range> section_of(const std::vector<Block>& blocks, const std::string& anchor) {
  if (blocks.empty()) return std::nullopt;
  if (anchor.empty()) return section_from(blocks, 0);
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (begins_section(blocks[i]) && blocks[i].anchor == anchor) return section_from(blocks, i);
  return std::nullopt;
}

std::string beginning(const std::string& text) {
  std::size_t at = 0;
  for (std::size_t n = 0; n < snippet_length && at < text.size(); ++n) next_code_point(text, at);
  return text.substr(0, at);
}

}  // namespace

std::string block_text(const Block& block) {
  std::string out = plain_text(block.spans);
  if (out.empty() && block.kind != Block::Kind::directive) out = block.text;   // of a directive only the words shown
  const auto add = [&out](const std::string& more) {
    if (!more.empty()) out += (out.empty() ? "" : " ") + more;
  };
  for (const char* key : {"question", "caption"}) add(block.directive.value(key));
  for (const Block& child : block.children) add(block_text(child));
  if (out.empty()) out = block.directive.id;
  return out;
}

Spot spot_of(const Document& document, const std::string& chapter, std::size_t block) {
  Spot spot{chapter, "", 0, "", document.language};
  if (block >= document.blocks.size()) return spot;
  std::size_t begin = block;
  while (begin > 0 && !begins_section(document.blocks[begin])) --begin;
  const Range section = section_from(document.blocks, begin);
  if (begins_section(document.blocks[begin])) spot.anchor = document.blocks[begin].anchor;
  spot.fraction = static_cast<double>(block - section.begin) / static_cast<double>(section.end - section.begin);
  spot.snippet = beginning(block_text(document.blocks[block]));
  return spot;
}

std::optional<std::size_t> find_spot(const Document& document, const Spot& spot) {
  const auto section = section_of(document.blocks, spot.anchor);
  const auto wanted = [&](const Range& range) {
    const double count = static_cast<double>(range.end - range.begin);
    const auto inside = static_cast<std::size_t>(std::lround(std::clamp(spot.fraction, 0.0, 1.0) * count));
    return std::min(range.begin + inside, range.end - 1);
  };
  const auto nearest_match = [&](const Range& range, std::size_t to) {
    std::optional<std::size_t> best;
    const auto away = [to](std::size_t block) { return block > to ? block - to : to - block; };
    for (std::size_t i = range.begin; i < range.end; ++i)
      if (block_text(document.blocks[i]).starts_with(spot.snippet) && (!best || away(i) < away(*best))) best = i;
    return best;
  };
  if (document.language == spot.language && !spot.snippet.empty()) {
    if (section)
      if (const auto found = nearest_match(*section, wanted(*section))) return found;
    if (const auto found = nearest_match({0, document.blocks.size()}, section ? wanted(*section) : 0)) return found;
  }
  return section ? std::optional(wanted(*section)) : std::nullopt;
}

}  // namespace tb::book
