// The selected range of a page: by characters, by words after a double click, by paragraphs after a triple click.
#pragma once

#include "viewer/page/layout.h"

namespace tb::viewer::page {

class Selection {
 public:
  Range range() const;            // empty: nothing is selected
  void clear() { first_ = last_ = {}; }
  void select_all(const Flow& flow);
  // A mouse button goes down: the first, second or third click in a row; `extend` with Shift, from where it began.
  void press(const Flow& flow, Offset at, int clicks, bool extend);
  void drag(const Flow& flow, Offset at);

 private:
  enum class Unit { character, word, paragraph } unit_ = Unit::character;
  Range unit_at(const Flow& flow, Offset at) const;
  Range first_, last_;            // the units where it began and where it is now
};

Range word_at(std::string_view text, Offset at);

// The offset in the text nearest to a point of the page.
Offset offset_at_point(const Flow& flow, const Layout& layout, float x, float y);
// The fragment under a point, or nullptr.
const Fragment* fragment_at_point(const Layout& layout, float x, float y);

}  // namespace tb::viewer::page
