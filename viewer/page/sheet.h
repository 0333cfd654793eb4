// A few blocks set in type by themselves: a footnote in the margin, what a card shows.
#pragma once

#include <string>

#include "viewer/page/layout.h"

namespace tb::viewer::page {

class Sheet {
 public:
  // The sizes are those of setting.theme; the pictures in it live as long as setting's formulas and images.
  Sheet(book::Document document, const Strings* strings, const Setting& setting);

  ImVec2 size() const { return size_; }          // of what is set, which may be narrower than the setting
  float first_baseline() const;                  // from the top
  // `link`: the one under the mouse.
  void draw(ImDrawList& list, const Theme& theme, ImVec2 corner, int link = -1) const;
  int link_at(float x, float y) const;           // from the corner; -1: none
  const std::string& target(int link) const { return flow_.links[static_cast<std::size_t>(link)]; }

 private:
  Flow flow_;
  Layout layout_;
  ImVec2 size_;
};

// Text as small as stands beside the column.
Theme small_print(Theme theme);

}  // namespace tb::viewer::page
