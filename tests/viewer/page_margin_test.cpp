// What stands beside the column: the blocks that marks belong to, and the chapter's notes.
#include "tests/catch.h"
#include "tests/viewer/page_rig.h"

using namespace tb;
using tb::test::PageRig;

TEST_CASE("the blocks in sight stand below one another and move with the page") {
  PageRig rig;
  std::string text = "# Title\n\n";
  for (int i = 0; i < 60; ++i) text += "Paragraph " + std::to_string(i) + " of a page that is longer than its window.\n\n";
  rig.show(text);
  rig.frames(2);
  const auto first = rig.page->blocks_in_sight();
  REQUIRE(first.size() > 3);
  CHECK(first.front().block == 0);
  for (std::size_t i = 1; i < first.size(); ++i) {
    CHECK(first[i].block == first[i - 1].block + 1);
    CHECK(first[i].min.y >= first[i - 1].max.y);
  }
  CHECK(first.front().min.x >= rig.page->gutter());      // the window begins at 0
  CHECK(rig.page->gutter() >= 24);

  rig.page->scroll_by(300);
  rig.frames(2);
  const auto later = rig.page->blocks_in_sight();
  CHECK(later.front().block > 0);
  for (const auto& spot : later)
    for (const auto& before : first)
      if (spot.block == before.block) CHECK(spot.min.y == before.min.y - 300);
}
