// The formulas of a page and their symbols, where they stand on the screen.
#include <algorithm>

#include "viewer/page/page_state.h"

namespace tb::viewer {

Page::FormulaSpot Page::State::formula_spot(const Strip& strip, const Line& line, const Fragment& fragment) const {
  FormulaSpot spot;
  std::string_view latex = flow[fragment.range];
  while (latex.starts_with('$')) latex.remove_prefix(1);
  while (latex.ends_with('$')) latex.remove_suffix(1);
  spot.latex = latex;
  const auto& blocks = flow.document->blocks;
  for (std::size_t i = flow.leaves[strip.leaf].block + 1; i-- > 0 && spot.section.empty();)
    if (blocks[i].kind == book::Block::Kind::heading && (blocks[i].level == 2 || blocks[i].level == 3))
      spot.section = blocks[i].anchor;
  spot.at = fragment.range.begin;
  const float x = origin.x + fragment.x, baseline = origin.y + strip.y + line.y + line.baseline;
  spot.min = {x, baseline - fragment.picture->baseline};
  spot.max = {x + fragment.width, spot.min.y + fragment.picture->height};
  return spot;
}

std::optional<Page::FormulaSpot> Page::State::symbol_at(const Fragment& fragment, ImVec2 point) const {
  if (!fragment.picture || fragment.picture->symbols.empty()) return std::nullopt;
  const Strip& strip = layout.strips[layout.strip_with(fragment.range.begin)];
  FormulaSpot spot = formula_spot(strip, layout.lines[layout.line_with(fragment.range.begin)], fragment);
  const ImVec2 corner = spot.min;
  for (const SymbolRegion& region : fragment.picture->symbols) {
    const ImVec2 min{corner.x + region.x, corner.y + region.y}, max{min.x + region.width, min.y + region.height};
    if (point.x < min.x || point.x >= max.x || point.y < min.y || point.y >= max.y) continue;
    if (spot.names.empty()) spot.min.x = min.x, spot.max.x = max.x;   // a card stands clear of the whole formula
    spot.names.push_back(region.names);
  }
  return spot.names.empty() ? std::nullopt : std::optional(spot);
}

std::optional<Page::FormulaSpot> Page::symbol_under_mouse() const { return state_->hovered_symbol; }

std::vector<Page::FormulaSpot> Page::formulas_in_sight() const {
  const State& s = *state_;
  std::vector<FormulaSpot> spots;
  if (s.layout.strips.empty()) return spots;
  const float top = s.view_top - s.origin.y, bottom = top + s.view_height;
  const Extent readable = s.text_in_view();
  for (std::size_t i = s.layout.strip_at(top); i < s.layout.strips.size() && s.layout.strips[i].y < bottom; ++i) {
    const Strip& strip = s.layout.strips[i];
    for (const Line& line : s.layout.lines_of(strip)) {
      const float y = strip.y + line.y;
      if (y < std::max(top, readable.top) || y + line.height > std::min(bottom, readable.bottom)) continue;
      for (const Fragment& fragment : s.layout.fragments_of(line))
        if (fragment.picture && !fragment.picture->symbols.empty()) spots.push_back(s.formula_spot(strip, line, fragment));
    }
  }
  return spots;
}

}  // namespace tb::viewer
