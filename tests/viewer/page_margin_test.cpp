// What stands beside the column: the blocks that marks belong to, and the chapter's notes.
#include <cmath>
#include <set>

#include "tests/catch.h"
#include "tests/viewer/page_rig.h"
#include "viewer/page/formulas.h"

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

namespace {

constexpr const char* noted =
    "# Title\n\n## Section\n\nA line with a note[^a], another[^b] and a [formula](#f).\n\n"
    "<a id=\"f\"></a>\n$$x_i = y^2$$\n\nSee [Smith 2000](#smith) and [the title](#title).\n\n"
    "- <a id=\"smith\"></a>Smith, A. 2000. *A Book*.\n\n"
    "[^a]: The text of the first note, which is long enough to take several lines of the margin beside the column.\n"
    "[^b]: The second, with a [link](https://example.org).\n";

}  // namespace

TEST_CASE("footnotes stand in the margin of a wide window, one below the other, and nowhere in a narrow one") {
  PageRig rig;
  rig.size = {1600, 900};
  rig.show(noted);
  rig.frames(2);
  CHECK(rig.page->in_margin("note:a"));
  CHECK(rig.page->in_margin("note:b"));
  CHECK_FALSE(rig.page->in_margin("note:none"));
  rig.size = {700, 900};
  rig.frames(2);
  CHECK_FALSE(rig.page->in_margin("note:a"));
}

TEST_CASE("a link in a footnote in the margin is followed") {
  PageRig rig;
  rig.size = {1600, 900};
  rig.show("# T\n\nText[^a].\n\n[^a]: [link](https://example.org)\n");
  rig.frames(2);
  // The note stands right of the column, on the line of its mark.
  const auto marks = rig.page->links_in_sight("note:");
  REQUIRE(marks.size() == 1);
  const auto column = rig.page->blocks_in_sight().front();
  std::optional<std::string> clicked;
  for (float x = column.max.x + 30; x < column.max.x + 90 && !clicked; x += 6) {
    ImGuiIO& io = ImGui::GetIO();
    io.AddMousePosEvent(x, marks[0].max.y - 10);
    rig.frames();
    io.AddMouseButtonEvent(0, true);
    rig.frames();
    io.AddMouseButtonEvent(0, false);
    clicked = rig.frames();
  }
  CHECK(clicked == "https://example.org");
}

TEST_CASE("links within the chapter know what they lead to") {
  PageRig rig;
  rig.show(noted);
  rig.frames(2);
  using Kind = book::Excerpt::Kind;
  CHECK(rig.page->leads_to("note:a") == Kind::note);
  CHECK(rig.page->leads_to("#f") == Kind::block);
  CHECK(rig.page->leads_to("#smith") == Kind::source);
  CHECK(rig.page->leads_to("#title") == std::nullopt);
  CHECK(rig.page->leads_to("#nowhere") == std::nullopt);
  CHECK(rig.page->leads_to("https://example.org") == std::nullopt);
}

TEST_CASE("a jump to a formula marks it until the next click, and its place is told by the section") {
  PageRig rig;
  std::string text = "# Title\n\n## Section\n\n", more;
  for (int i = 0; i < 60; ++i) more += "A paragraph before it and behind it.\n\n";
  rig.show(text + more + "<a id=\"f\"></a>\n$$x_i = y^2$$\n\n" + more);
  rig.frames(2);
  rig.page->go_to({"f", 0});
  rig.frames(2);
  CHECK(rig.page->marked() == "f");
  CHECK(rig.page->place().anchor == "section");
  rig.page->go_to({"section", 0});
  CHECK(rig.page->marked().empty());
}

TEST_CASE("the mouse finds the symbols of a formula, each with its scripts") {
  PageRig rig;
  rig.show("# T\n\n## S\n\n$$\\alpha_{ij} = \\frac{z}{\\sum_k e^{b}}$$\n");
  rig.frames(2);
  const auto formulas = rig.page->formulas_in_sight();
  REQUIRE(formulas.size() == 1);
  CHECK(formulas[0].section == "s");
  std::set<std::string> found;
  for (float y = formulas[0].min.y; y < formulas[0].max.y; y += 3)
    for (float x = formulas[0].min.x; x < formulas[0].max.x; x += 3) {
      ImGui::GetIO().AddMousePosEvent(x, y);
      rig.frames();
      if (const auto spot = rig.page->symbol_under_mouse())
        for (const auto& names : spot->names) found.insert(names.front());
    }
  CHECK(found == std::set<std::string>{"\\alpha_{ij}", "i", "j", "z", "k", "e^b", "b"});
}
