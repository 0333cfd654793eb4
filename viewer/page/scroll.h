// Where the view stands on the page, and how it moves there.
#pragma once

#include "book/document.h"
#include "viewer/page/layout.h"
#include "viewer/page/page.h"

namespace tb::viewer::page {

// A scroll position that glides to its target; immediate with reduced motion.
class Scroller {
 public:
  float position() const { return position_; }
  float target() const { return target_; }
  bool moving() const { return position_ != target_; }
  void jump(float to) { position_ = target_ = to; }
  void glide(float to) { target_ = to; }
  void shift(float by) { position_ += by, target_ += by; }   // what is in view stays, what is above grew
  void advance(float seconds, float limit, bool reduced_motion);

 private:
  float position_ = 0, target_ = 0;
};

struct BlockRange { std::size_t begin = 0, end = 0; };   // of Document::blocks
// From the section's heading to the next section; "" or an unknown anchor: from the chapter's beginning.
BlockRange blocks_of_section(const Flow& flow, std::string_view anchor);
// Where a block begins, or what follows it where it has nothing to show.
float top_of_block(const Flow& flow, const Layout& layout, std::size_t block);

// Places count blocks, not pixels: a section's paragraphs are the same in another language, width or size, and a lab
// whose height is not known yet does not matter. The scroll position of a place puts it at the view's top margin.
PagePlace place_at(const Flow& flow, const Layout& layout, float scroll);
float scroll_of(const Flow& flow, const Layout& layout, const PagePlace& place);

}  // namespace tb::viewer::page
