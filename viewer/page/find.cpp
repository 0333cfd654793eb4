#include "viewer/page/find.h"

#include <algorithm>

#include <utf8proc.h>

#include "base/text.h"

namespace tb::viewer::page {

namespace {

char32_t fold(char32_t c) {
  switch (c) {
    case 0xA0: case 0x2009: case 0x202F: return U' ';        // no-break, thin and narrow spaces
    case 0x2010: case 0x2011: return U'-';                   // hyphens
    case U'Ё': case U'ё': return U'е';
    default: return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
  }
}

}  // namespace

Folded fold(std::string_view text) {
  Folded folded;
  for (std::size_t at = 0; at < text.size();) {
    const Offset begin = static_cast<Offset>(at);
    const auto c = next_code_point(text, at);
    if (c) append_utf8(folded.text, fold(*c));
    else folded.text += text[begin];
    folded.origin.resize(folded.text.size(), begin);
  }
  folded.origin.push_back(static_cast<Offset>(text.size()));
  return folded;
}

void Finder::search(const Flow& flow, std::string_view text) {
  matches_.clear();
  current_ = -1;
  const std::string wanted = fold(text).text;
  if (wanted.empty()) return;
  const Folded page = fold(flow.text);
  for (std::size_t at = page.text.find(wanted); at != std::string::npos;
       at = page.text.find(wanted, at + wanted.size()))
    matches_.push_back({page.origin[at], page.origin[at + wanted.size()]});
}

void Finder::mark(std::vector<Range> matches) {
  matches_ = std::move(matches);
  current_ = matches_.empty() ? -1 : 0;
}

std::optional<Range> find_passage(const Flow& flow, std::size_t block, std::string_view passage) {
  const auto begin =
      std::partition_point(flow.leaves.begin(), flow.leaves.end(), [&](const Leaf& l) { return l.block < block; });
  const auto end = std::find_if(begin, flow.leaves.end(), [&](const Leaf& l) { return l.block != block; });
  if (begin == end) return std::nullopt;
  const std::size_t stop = end == flow.leaves.end() ? flow.text.size() : end->range.begin;
  const std::string_view text = std::string_view(flow.text).substr(0, stop);
  const std::size_t at = text.find(passage, begin->range.begin);
  if (at == std::string_view::npos || passage.empty()) return Range{begin->range.begin, begin->range.begin};
  return Range{static_cast<Offset>(at), static_cast<Offset>(at + passage.size())};
}

int Finder::step(int direction, Offset from) {
  const int count = static_cast<int>(matches_.size());
  if (count == 0) return -1;
  if (current_ < 0) {
    const auto next =
        std::partition_point(matches_.begin(), matches_.end(), [&](const Range& m) { return m.begin < from; });
    const int index = static_cast<int>(next - matches_.begin());
    current_ = (direction > 0 ? index : index - 1 + count) % count;
  } else {
    current_ = (current_ + direction % count + count) % count;
  }
  return current_;
}

std::span<const Range> Finder::within(Range range) const {
  const auto begin =
      std::partition_point(matches_.begin(), matches_.end(), [&](const Range& m) { return m.end <= range.begin; });
  const auto end = std::partition_point(begin, matches_.end(), [&](const Range& m) { return m.begin < range.end; });
  return {begin, end};
}

}  // namespace tb::viewer::page
