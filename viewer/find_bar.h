// Find in the chapter: a field at the top right of the page, how many matches there are, which one is in sight.
#pragma once

#include <string>

#include "viewer/page/page.h"
#include "viewer/theme.h"

namespace tb::viewer {

class FindBar {
 public:
  void open();                     // or, if it is open, puts the cursor into the field
  void close(Page& page);
  bool is_open() const { return open_; }
  int count() const { return count_; }
  void search_again(Page& page);   // the page shows another document

  // Over the page, its right upper corner at `corner`.
  void draw(const Theme& theme, Page& page, ImVec2 corner);

 private:
  bool open_ = false, take_focus_ = false;
  std::string text_;
  int count_ = 0;
};

}  // namespace tb::viewer
