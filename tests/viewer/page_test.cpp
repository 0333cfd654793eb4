// The page as a learner uses it: it scrolls, keeps its place, selects, finds, follows links, and draws without effort.
#include "tests/catch.h"
#include "tests/viewer/page_rig.h"

using namespace tb;
using tb::test::PageRig;
using viewer::PagePlace;

namespace {

std::string long_chapter(int paragraphs, std::string_view words) {
  std::string text = "# Title\n\n";
  for (const char* anchor : {"first", "second", "third"}) {
    text += "<a id=\"" + std::string(anchor) + "\"></a>\n## " + anchor + "\n\n";
    for (int i = 0; i < paragraphs; ++i) text += std::string(words) + "\n\n";
  }
  return text;
}

const std::string english =
    "A paragraph of the chapter that is long enough to be broken into several lines of the column.";
const std::string russian =
    "Абзац главы, который достаточно длинен, чтобы занять в колонке текста не одну, а несколько строк подряд.";

void mouse(ImVec2 at, bool down) {
  ImGui::GetIO().AddMousePosEvent(at.x, at.y);
  ImGui::GetIO().AddMouseButtonEvent(0, down);
}

void press_keys(PageRig& rig, ImGuiKey key) {
  ImGuiIO& io = ImGui::GetIO();
  io.AddKeyEvent(ImGuiMod_Ctrl, true);
  io.AddKeyEvent(key, true);
  rig.frames(2);
  io.AddKeyEvent(key, false);
  io.AddKeyEvent(ImGuiMod_Ctrl, false);
  rig.frames(2);
}

bool same(const PagePlace& a, const PagePlace& b) {
  return a.anchor == b.anchor && std::abs(a.fraction - b.fraction) < 1e-4f;
}

}  // namespace

TEST_CASE("frames without a change lay out nothing") {
  PageRig rig;
  rig.show(long_chapter(20, english));
  rig.frames(10);
  CHECK(rig.page->layouts() == 1);
  rig.page->scroll_by(500);
  rig.frames(5);
  rig.page->find("chapter");
  rig.page->find_step(1);
  rig.frames(5);
  CHECK(rig.page->layouts() == 1);
  rig.size.x = 500;
  rig.frames(3);
  CHECK(rig.page->layouts() == 2);
  rig.theme.id = figure::Theme::dark;
  rig.frames(3);
  CHECK(rig.page->layouts() == 3);
  rig.theme.scale = 1.5f;
  rig.frames(3);
  CHECK(rig.page->layouts() == 4);
  rig.show(long_chapter(20, english));
  rig.frames(3);
  CHECK(rig.page->layouts() == 5);
}

TEST_CASE("a place survives other widths, sizes and the other language") {
  PageRig rig;
  rig.show(long_chapter(12, english));
  rig.frames(2);
  const PagePlace wanted{"second", 0.37f};
  rig.page->go_to(wanted);
  rig.frames(2);
  CHECK(same(rig.page->place(), wanted));
  for (const float width : {420.f, 1300.f, 900.f}) {
    rig.size.x = width;
    rig.frames(2);
    CHECK(same(rig.page->place(), wanted));
  }
  rig.theme.scale = 2;
  rig.frames(2);
  CHECK(same(rig.page->place(), wanted));
  const PagePlace before = rig.page->place();
  rig.show(long_chapter(12, russian), "ru");
  rig.page->go_to(before);
  rig.frames(2);
  CHECK(same(rig.page->place(), wanted));
}

TEST_CASE("a place reached by scrolling comes back") {
  PageRig rig;
  rig.show(long_chapter(12, english));
  rig.frames(2);
  rig.page->scroll_by(1234);
  rig.frames(2);
  const PagePlace reached = rig.page->place();
  CHECK(!reached.anchor.empty());
  rig.page->go_to({});
  rig.frames(2);
  CHECK(same(rig.page->place(), {}));
  rig.page->go_to(reached);
  rig.frames(2);
  rig.page->scroll_by(0);                         // lets go of the place: now it is computed from the position
  rig.frames(2);
  CHECK(rig.page->place().anchor == reached.anchor);
  CHECK(rig.page->place().fraction == Approx(reached.fraction).margin(0.002));
}

TEST_CASE("a lab far out of sight is not drawn, and one above the view moves nothing in it") {
  {
    PageRig rig;
    rig.show("# Title\n\n```lab\nlab: next-token\nid: one\n```\n\n" + long_chapter(30, english));
    rig.frames(3);
    CHECK(rig.directives_drawn == 1);
    rig.page->go_to({"third", 0});
    rig.frames(2);
    CHECK(rig.directives_drawn == 0);
  }
  // A lab that was never drawn stands above the place gone to; it turns out much higher than was guessed.
  PageRig other;
  other.directive_height = 900;
  other.show("# Title\n\n<a id=\"lab\"></a>\n## Lab\n\n```lab\nlab: next-token\nid: two\n```\n\n" +
             long_chapter(30, english));
  other.page->go_to({"first", 0});
  other.frames(1);
  other.page->scroll_by(0);                       // no longer held at the section
  const PagePlace before = other.page->place();
  other.frames(5);
  CHECK(same(other.page->place(), before));
  CHECK(before.anchor == "first");
}

TEST_CASE("the whole chapter is selected and copied, formulas as LaTeX") {
  PageRig rig;
  rig.show("# Title\n\nSome *words* with $x^2$.\n\n- item `code`\n\n```cpp\nint a;\n  int b;\n```\n");
  rig.frames(2);
  press_keys(rig, ImGuiKey_A);
  const std::string all = "Title\n\nSome words with $x^2$.\n\n• item code\n\nint a;\n  int b;";
  CHECK(rig.page->selected_text() == all);
  press_keys(rig, ImGuiKey_C);
  CHECK(std::string(ImGui::GetClipboardText()) == all);
}

TEST_CASE("the mouse selects characters, words and paragraphs") {
  PageRig rig;
  rig.show("Alpha beta gamma.\n\nDelta epsilon.\n");
  rig.frames(2);
  // The first line's middle is 54 pixels down (margin 40, half of 28); far left of the column is its beginning.
  const ImVec2 first{10, 54}, second{10, 40 + 28 + 14 + 14};
  mouse(first, false);                             // it is there before it is pressed
  rig.frames(2);
  mouse(first, true);
  rig.frames(2);
  ImGui::GetIO().AddMousePosEvent(second.x, second.y);
  rig.frames(2);
  CHECK(rig.page->selected_text() == "Alpha beta gamma.\n\n");
  ImGui::GetIO().AddMousePosEvent(rig.size.x - 60, second.y);
  rig.frames(2);
  CHECK(rig.page->selected_text() == "Alpha beta gamma.\n\nDelta epsilon.");
  mouse({rig.size.x - 60, second.y}, false);
  rig.frames(2);
  CHECK(rig.page->selected_text() == "Alpha beta gamma.\n\nDelta epsilon.");

  // Two and three clicks at one place, in the middle of the first word.
  const ImVec2 word{rig.size.x / 2 - 240, 54};
  mouse(word, false);
  for (int i = 0; i < 60; ++i) rig.frames();      // so that it counts as a new first click
  for (const char* expected : {"", "Alpha", "Alpha beta gamma."}) {
    mouse(word, true);
    rig.frames(2);
    CHECK(rig.page->selected_text() == expected);
    mouse(word, false);
    rig.frames(2);
  }
}

TEST_CASE("a click on a link returns its target, a drag over it does not") {
  PageRig rig;
  rig.show("[This whole sentence is a link](#somewhere).\n");
  rig.frames(2);
  const ImVec2 link{rig.size.x / 2 - 200, 54};
  mouse(link, false);
  rig.frames(2);
  mouse(link, true);
  CHECK_FALSE(rig.frames(2).has_value());
  mouse(link, false);
  const auto clicked = rig.frames(1);
  REQUIRE(clicked.has_value());
  CHECK(*clicked == "#somewhere");
  for (int i = 0; i < 60; ++i) rig.frames();
  mouse(link, true);
  rig.frames(2);
  ImGui::GetIO().AddMousePosEvent(link.x + 60, link.y);
  rig.frames(2);
  mouse({link.x + 60, link.y}, false);
  CHECK_FALSE(rig.frames(1).has_value());
  CHECK_FALSE(rig.page->selected_text().empty());
}

TEST_CASE("find steps through the matches and brings them into sight") {
  PageRig rig;
  rig.show(long_chapter(15, english) + "\n\nA needle.\n");
  rig.frames(2);
  CHECK(rig.page->find("NEEDLE") == 1);
  CHECK(rig.page->find_current() == 0);
  rig.page->find_step(1);
  CHECK(rig.page->animating());
  rig.frames(3);
  CHECK(rig.page->find_current() == 1);
  CHECK_FALSE(rig.page->animating());
  CHECK(rig.page->place().anchor == "third");
  CHECK(rig.page->find("paragraph") == 45);
  rig.page->find_step(-1);
  rig.page->find_step(-1);
  CHECK(rig.page->find_current() > 0);
  CHECK(rig.page->find("") == 0);
}

TEST_CASE("the wheel scrolls, gliding unless motion is reduced") {
  PageRig rig;
  rig.theme.reduced_motion = false;
  rig.show(long_chapter(15, english));
  ImGui::GetIO().AddMousePosEvent(400, 300);
  rig.frames(2);
  ImGui::GetIO().AddMouseWheelEvent(0, -10);
  rig.frames(2);
  CHECK(rig.page->animating());
  const PagePlace under_way = rig.page->place();
  rig.frames(60);
  CHECK_FALSE(rig.page->animating());
  CHECK_FALSE(same(rig.page->place(), under_way));
}

TEST_CASE("an error in the chapter shows in its place, in the learner's words") {
  PageRig rig;
  auto strings = Strings::load("assets/strings", "ru");
  REQUIRE(strings.has_value());
  rig.theme.strings = &*strings;
  rig.show("Text.\n\n```nonsense-directive\n```\n", "ru");
  rig.frames(2);
  press_keys(rig, ImGuiKey_A);
  const Error error = book::parse_document("Text.\n\n```nonsense-directive\n```\n", "chapter.md", "ru").errors.at(0);
  const Message message = describe(error, *strings);
  CHECK(rig.page->selected_text().find(message.what) != std::string::npos);
  CHECK(rig.page->selected_text().find(message.remedy) != std::string::npos);
  CHECK(rig.page->selected_text().find("chapter.md:3") != std::string::npos);
}

TEST_CASE("textures are given back when size, theme or document change, and at the end") {
  const int before = viewer::page::textures_alive();
  {
    PageRig rig;
    rig.show("$x$ and $$y = \\frac{1}{2}$$\n\n$z^2$\n");
    rig.frames(3);
    const int shown = viewer::page::textures_alive() - before;
    CHECK(shown == 3);
    for (int i = 0; i < 10; ++i) {
      rig.theme.scale = i % 2 ? 1.f : 1.25f;
      rig.theme.id = i % 3 ? figure::Theme::light : figure::Theme::dark;
      rig.frames(4);
      CHECK(viewer::page::textures_alive() - before == shown);
    }
    rig.show("No formula at all.\n");
    rig.frames(4);
    CHECK(viewer::page::textures_alive() == before);
    rig.show("$x$\n");
    rig.frames(2);
    CHECK(viewer::page::textures_alive() == before + 1);
  }
  viewer::page::collect_textures();
  CHECK(viewer::page::textures_alive() == before);
}

TEST_CASE("an empty chapter and a tiny window are drawn without harm") {
  PageRig rig;
  rig.frames(2);
  rig.show("");
  rig.frames(2);
  CHECK(rig.page->find("x") == 0);
  rig.page->find_step(1);
  rig.frames(2);
  rig.show(long_chapter(2, english));
  rig.size = {40, 30};
  rig.frames(3);
  CHECK(rig.page->place().anchor.empty());
}
