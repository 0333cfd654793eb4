#include "viewer/page/selection.h"

#include <algorithm>
#include <cmath>

#include <utf8proc.h>

#include "base/text.h"

namespace tb::viewer::page {

namespace {

bool is_word_character(char32_t c) {
  if (c == U'_') return true;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) ||
         (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

// The code point that ends before text[at], and moves `at` to its start.
char32_t code_point_before(std::string_view text, Offset& at) {
  do --at;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  std::size_t forward = at;
  return next_code_point(text, forward).value_or(U'?');
}

float distance(float value, float low, float high) { return std::max({low - value, value - high, 0.f}); }

// The line of the strip that is nearest to a point: above all by height, and side by side (cells of a table) by x.
const Line* nearest_line(const Layout& layout, const Strip& strip, float x, float y) {
  const Line* best = nullptr;
  float best_distance = 0;
  for (const Line& line : layout.lines_of(strip)) {
    const auto fragments = layout.fragments_of(line);
    const float left = fragments.empty() ? strip.x : fragments.front().x;      // an empty line of code has none
    const float right = fragments.empty() ? left : fragments.back().x + fragments.back().width;
    const float away = 1000 * distance(y, strip.y + line.y, strip.y + line.y + line.height) + distance(x, left, right);
    if (!best || away < best_distance) {
      best = &line;
      best_distance = away;
    }
  }
  return best;
}

}  // namespace

Range Selection::range() const { return {std::min(first_.begin, last_.begin), std::max(first_.end, last_.end)}; }

void Selection::select_all(const Flow& flow) {
  unit_ = Unit::character;
  first_ = {0, 0};
  last_ = {static_cast<Offset>(flow.text.size()), static_cast<Offset>(flow.text.size())};
}

Range Selection::unit_at(const Flow& flow, Offset at) const {
  if (unit_ == Unit::character) return {at, at};
  if (unit_ == Unit::word) return word_at(flow.text, at);
  const auto leaf =
      std::partition_point(flow.leaves.begin(), flow.leaves.end(), [&](const Leaf& l) { return end_of(l) < at; });
  if (leaf == flow.leaves.end()) return {at, at};
  const auto whole = [](const std::vector<Run>& runs) { return Range{runs.front().range.begin, runs.back().range.end}; };
  if (!leaf->caption.empty() && at >= leaf->caption.front().range.begin) return whole(leaf->caption);
  if (leaf->kind == Leaf::Kind::code && at > leaf->range.end) return whole(leaf->runs);
  for (const Row& row : leaf->rows)
    if (at <= row.range.end) return row.range;
  return leaf->range;
}

void Selection::press(const Flow& flow, Offset at, int clicks, bool extend) {
  unit_ = clicks >= 3 ? Unit::paragraph : clicks == 2 ? Unit::word : Unit::character;
  last_ = unit_at(flow, at);
  if (!extend) first_ = last_;
}

void Selection::drag(const Flow& flow, Offset at) { last_ = unit_at(flow, at); }

Range word_at(std::string_view text, Offset at) {
  Offset begin = at, end = at;
  while (begin > 0) {
    Offset before = begin;
    if (!is_word_character(code_point_before(text, before))) break;
    begin = before;
  }
  for (std::size_t next = end; next < text.size();) {
    if (!is_word_character(next_code_point(text, next).value_or(U'?'))) break;
    end = static_cast<Offset>(next);
  }
  if (begin == end && at < text.size()) {      // between words: the sign itself
    std::size_t next = at;
    next_code_point(text, next);
    end = static_cast<Offset>(next);
  }
  return {begin, end};
}

Offset offset_at_point(const Flow& flow, const Layout& layout, float x, float y) {
  if (layout.strips.empty()) return 0;
  // A lab, a rule or the space between two strips: the end of the text above it or the beginning of that below.
  std::size_t index = layout.strip_at(y);
  if (layout.strips[index].line_count == 0) {
    while (index > 0 && layout.strips[index].line_count == 0) --index;
    const Strip& strip = layout.strips[index];
    return strip.line_count == 0 ? 0 : layout.lines_of(strip).back().range.end;
  }
  const Line* line = nearest_line(layout, layout.strips[index], x, y);
  Offset offset = line->range.begin;
  for (const Fragment& fragment : layout.fragments_of(*line)) {
    if (fragment.literal >= 0) continue;
    if (x < fragment.x) break;
    offset = offset_at(flow, layout, fragment, x - fragment.x);
  }
  return offset;
}

const Fragment* fragment_at_point(const Layout& layout, float x, float y) {
  if (layout.strips.empty()) return nullptr;
  const Strip& strip = layout.strips[layout.strip_at(y)];
  for (const Line& line : layout.lines_of(strip)) {
    if (y < strip.y + line.y || y >= strip.y + line.y + line.height) continue;
    for (const Fragment& fragment : layout.fragments_of(line)) {
      const Style& style = layout.styles[static_cast<std::size_t>(fragment.style)];
      const float around = style.raise / 2;      // a footnote's mark is small: it is hit beside it, too
      if (x >= fragment.x - around && x < fragment.x + fragment.width + around) return &fragment;
    }
  }
  return nullptr;
}

}  // namespace tb::viewer::page
