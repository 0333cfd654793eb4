#include "viewer/page/screens.h"

#include <algorithm>

#include "viewer/page/scroll.h"

namespace tb::viewer::page {

namespace {

constexpr float kPart = 0.85f;                  // of the screen: how far what is too tall for it moves on

bool is_heading(const Flow& flow, const Strip& strip) { return flow.leaves[strip.leaf].kind == Leaf::Kind::heading; }

// Where the screen after the one at `top` begins; `end`: below its last pixel.
float next_top(const Flow& flow, const Layout& layout, float top, float end) {
  const auto cut = std::partition_point(layout.strips.begin(), layout.strips.end(),
                                        [&](const Strip& s) { return s.y + s.height <= end; });
  if (cut == layout.strips.end()) return end;
  float next = cut->y;
  // A paragraph goes to the next screen whole, unless that left half of this one empty.
  const bool whole = cut->height <= end - top && cut->y >= (top + end) / 2;
  for (const Line& line : layout.lines_of(*cut)) {
    if (whole || cut->y + line.y + line.height > end) break;
    next = cut->y + line.y + line.height;
  }
  if (next == cut->y)
    for (auto before = cut; before != layout.strips.begin() && is_heading(flow, *std::prev(before)); --before)
      next = std::prev(before)->y;
  if (next <= top) next = cut->y;                 // a heading alone: the screen is too low for more
  return next > top ? next : top + kPart * (end - top);
}

}  // namespace

Extent section_extent(const Flow& flow, const Layout& layout, std::string_view anchor) {
  const BlockRange blocks = blocks_of_section(flow, anchor);
  Extent extent{top_of_block(flow, layout, blocks.begin), 0};
  for (const Strip& strip : layout.strips) {
    const std::size_t block = flow.leaves[strip.leaf].block;
    if (block >= blocks.begin && block < blocks.end) extent.bottom = strip.y + strip.height;
  }
  extent.bottom = std::max(extent.bottom, extent.top);
  return extent;
}

std::vector<float> screen_tops(const Flow& flow, const Layout& layout, Extent section, float height) {
  std::vector<float> tops{section.top};
  while (height > 1 && tops.back() + height < section.bottom)
    tops.push_back(next_top(flow, layout, tops.back(), tops.back() + height));
  return tops;
}

}  // namespace tb::viewer::page
