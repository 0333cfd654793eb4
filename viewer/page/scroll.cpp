#include "viewer/page/scroll.h"

#include <algorithm>
#include <cmath>

namespace tb::viewer::page {

namespace {

using book::Block;

bool begins_section(const Block& block) {
  return block.kind == Block::Kind::heading && block.level >= 2 && !block.anchor.empty();
}

// The blocks from the heading at `begin` to the next section.
BlockRange section_from(const std::vector<Block>& blocks, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < blocks.size() && !begins_section(blocks[end])) ++end;
  return {begin, std::min(end, blocks.size())};
}

std::size_t block_of(const Flow& flow, const Strip& strip) { return flow.leaves[strip.leaf].block; }

}  // namespace

BlockRange blocks_of_section(const Flow& flow, std::string_view anchor) {
  const auto& blocks = flow.document->blocks;
  const auto heading = std::find_if(blocks.begin(), blocks.end(),
                                    [&](const Block& b) { return begins_section(b) && b.anchor == anchor; });
  const bool known = !anchor.empty() && heading != blocks.end();
  return section_from(blocks, known ? static_cast<std::size_t>(heading - blocks.begin()) : 0);
}

float top_of_block(const Flow& flow, const Layout& layout, std::size_t block) {
  const auto strip = std::partition_point(layout.strips.begin(), layout.strips.end(),
                                          [&](const Strip& s) { return block_of(flow, s) < block; });
  return strip == layout.strips.end() ? layout.height : strip->y;
}

void Scroller::advance(float seconds, float limit, bool reduced_motion) {
  constexpr float time_constant = 0.06f;
  target_ = std::clamp(target_, 0.f, limit);
  // After an idle time the first frame would swallow the whole movement.
  const float step = 1 - std::exp(-std::min(seconds, 1 / 30.f) / time_constant);
  position_ += (target_ - position_) * step;
  if (reduced_motion || std::abs(target_ - position_) < 0.5f) position_ = target_;
}

PagePlace place_at(const Flow& flow, const Layout& layout, float scroll) {
  if (layout.strips.empty()) return {};
  const auto& blocks = flow.document->blocks;
  const float y = scroll + 1;                   // scroll positions are rounded
  std::size_t strip = layout.strip_at(y);
  if (y < layout.strips[strip].y && strip > 0) --strip;
  const std::size_t block = block_of(flow, layout.strips[strip]);
  std::size_t begin = block;
  while (begin > 0 && !begins_section(blocks[begin])) --begin;
  const BlockRange section = section_from(blocks, begin);
  const float top = top_of_block(flow, layout, block), bottom = top_of_block(flow, layout, block + 1);
  const float inside = std::clamp((scroll - top) / std::max(bottom - top, 1.f), 0.f, 1.f);
  const float blocks_above = static_cast<float>(block - section.begin) + inside;
  return {begins_section(blocks[begin]) ? blocks[begin].anchor : "",
          blocks_above / static_cast<float>(section.end - section.begin)};
}

float scroll_of(const Flow& flow, const Layout& layout, const PagePlace& place) {
  if (layout.strips.empty()) return 0;
  const auto& blocks = flow.document->blocks;
  if (place.anchor.empty() && place.fraction <= 0) return 0;
  std::size_t begin = 0;
  if (!place.anchor.empty()) {
    const auto heading = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) {
      return b.kind == Block::Kind::heading && b.anchor == place.anchor;
    });
    if (heading == blocks.end()) {              // a link to a formula, a figure, a source, or to a lab
      const auto leaf = flow.anchors.find(place.anchor);
      for (const Strip& strip : layout.strips)
        if (leaf != flow.anchors.end() && strip.leaf == leaf->second) return strip.y;
      for (const Strip& strip : layout.strips)
        if (flow.leaves[strip.leaf].source->directive.id == place.anchor) return strip.y;
      return 0;
    }
    begin = static_cast<std::size_t>(heading - blocks.begin());
  }
  const BlockRange section = section_from(blocks, begin);
  const float count = static_cast<float>(section.end - section.begin);
  const float blocks_above = std::clamp(place.fraction, 0.f, 1.f) * count;
  const std::size_t block = std::min(section.begin + static_cast<std::size_t>(blocks_above), section.end - 1);
  const float inside = blocks_above - static_cast<float>(block - section.begin);
  const float top = top_of_block(flow, layout, block), bottom = top_of_block(flow, layout, block + 1);
  return top + inside * (bottom - top);
}

}  // namespace tb::viewer::page
