#include "viewer/page/sheet.h"

#include <algorithm>
#include <cmath>

#include "viewer/page/drawing.h"
#include "viewer/page/selection.h"

namespace tb::viewer::page {

Sheet::Sheet(book::Document document, const Strings* strings, const Setting& setting)
    : flow_(make_flow(std::make_shared<const book::Document>(std::move(document)), strings)),
      layout_(lay_out(flow_, setting)) {
  float right = 0;
  for (const Fragment& fragment : layout_.fragments) right = std::max(right, fragment.x + fragment.width);
  for (const Ornament& ornament : layout_.ornaments) right = std::max(right, ornament.x + ornament.width);
  size_ = {std::ceil(right), std::ceil(layout_.height)};
}

float Sheet::first_baseline() const {
  return layout_.lines.empty() ? 0 : layout_.strips.front().y + layout_.lines.front().y + layout_.lines.front().baseline;
}

void Sheet::draw(ImDrawList& list, const Theme& theme, ImVec2 corner, int link) const {
  const Canvas canvas{list, flow_, layout_, theme, {{}, nullptr, link}, corner.x, corner.y, corner.y + size_.y};
  for (const Strip& strip : layout_.strips) canvas.draw(strip, corner.y + strip.y);
}

int Sheet::link_at(float x, float y) const {
  const Fragment* fragment = y < 0 || y >= size_.y ? nullptr : fragment_at_point(layout_, x, y);
  return fragment ? fragment->link : -1;
}

Theme small_print(Theme theme) {
  theme.sizes.text = 15;
  theme.sizes.leading = 21;
  theme.sizes.code = 13;
  theme.sizes.caption = 13;
  return theme;
}

}  // namespace tb::viewer::page
