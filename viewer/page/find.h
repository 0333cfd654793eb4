// Find in a page, without regard to case: "Ё" finds "е", a space finds a no-break space.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/page/flow.h"

namespace tb::viewer::page {

class Finder {
 public:
  void search(const Flow& flow, std::string_view text);
  // Marks these as the matches, the first one as the current one.
  void mark(std::vector<Range> matches);
  std::span<const Range> matches() const { return matches_; }
  int current() const { return current_; }       // index, -1: none yet
  // The next match in a direction; the first step goes to the first one behind `from`. -1 without matches.
  int step(int direction, Offset from);
  // The matches that reach into a range.
  std::span<const Range> within(Range range) const;

 private:
  std::vector<Range> matches_;
  int current_ = -1;
};

// Where a passage that search found stands on the page: among the leaves of a block, the first that holds its text.
// A directive's text is not the page's: then the range is empty, and stands where the block begins. nullopt: no such
// block.
std::optional<Range> find_passage(const Flow& flow, std::size_t block, std::string_view passage);

// The text as find compares it; origin[i] is where the byte i comes from, with the text's length at the end.
struct Folded {
  std::string text;
  std::vector<Offset> origin;
};
Folded fold(std::string_view text);

}  // namespace tb::viewer::page
