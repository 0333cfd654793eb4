// Draws what is in sight of a laid-out page.
#pragma once

#include "viewer/page/find.h"
#include "viewer/page/layout.h"

namespace tb::viewer::page {

struct Marks {                    // what is drawn over or under the text
  Range selection;
  const Finder* finder = nullptr;
  int hovered_link = -1;
};

// Draws one strip (not a directive's inside) with its top at `top` and the column's left edge at `left`, in screen
// pixels; only the lines between `view_top` and `view_bottom`.
struct Canvas {
  ImDrawList& list;
  const Flow& flow;
  const Layout& layout;
  const Theme& theme;
  Marks marks;
  float left, view_top, view_bottom;

  void draw(const Strip& strip, float top) const;

 private:
  void draw_ornaments(const Strip& strip, float top) const;
  void draw_line(const Line& line, float top) const;
  void draw_fragment(const Fragment& fragment, float baseline) const;
  // The part of a line that a range covers, as a filled box.
  void fill_range(const Line& line, Range range, float top, ImU32 color) const;
  ImU32 color_of(Ink ink) const;
};

}  // namespace tb::viewer::page
