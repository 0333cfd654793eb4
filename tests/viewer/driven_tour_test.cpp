// The tour of the first start, driven: who sees it, how each step is done with the real controls and with the keyboard
// alone, and that no card covers what it points at.
#include "tests/catch.h"
#include "tests/viewer/rig.h"

#include <imgui_internal.h>

#include "viewer/tour.h"

using namespace tb;

namespace {

bool shown(ImGuiTestContext* t) {
  t->Yield(2);
  const ImGuiWindow* card = t->GetWindowByRef("//tour");
  return card && card->WasActive;
}

// The tour goes on a while after a step was done.
void pause(ImGuiTestContext* t) {
  for (int i = 0; i < 100; ++i) t->Yield();
}

struct TourRig : test::Rig {
  explicit TourRig(ImVec2 size = {1280, 800}) {
    display = size;
    offer_tour = true;
    restart();
  }
};

}  // namespace

TEST_CASE("the tour is offered once, to who opens the book for the first time", "[tour]") {
  test::Rig rig;
  CHECK(rig.run([&](ImGuiTestContext* t) { IM_CHECK(!shown(t)); }));        // screenshots and other tests: not offered
  rig.offer_tour = true;
  rig.bad_end = viewer::BadEnd{""};
  rig.restart();
  CHECK(rig.run([&](ImGuiTestContext* t) { IM_CHECK(!shown(t)); }));        // not after a bad end
  rig.bad_end.reset();
  rig.place = book::Place{"01-small", "second", "", {}};
  rig.restart();
  CHECK(rig.run([&](ImGuiTestContext* t) { IM_CHECK(!shown(t)); }));        // nor where a place was asked for
}

TEST_CASE("Escape ends the tour, and it does not come back by itself", "[tour]") {
  TourRig rig;
  CHECK(rig.run([&](ImGuiTestContext* t) {
    IM_CHECK(shown(t));
    t->KeyPress(ImGuiKey_Escape);
    IM_CHECK(!shown(t));
  }));
  rig.restart();
  CHECK(rig.run([&](ImGuiTestContext* t) {
    IM_CHECK(!shown(t));
    t->KeyPress(ImGuiMod_Shift | ImGuiKey_F1);                              // unless it is asked for
    IM_CHECK(shown(t));
    t->ItemClick("//tour/end");
    IM_CHECK(!shown(t));
  }));
}

TEST_CASE("each step of the tour is done by the control it points at", "[tour]") {
  TourRig rig;
  CHECK(rig.run([&](ImGuiTestContext* t) {
    IM_CHECK(rig.settle(t));
    t->ItemClick("//tour/###ru");                                           // the language
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "ru");
    pause(t);
    t->KeyPress(ImGuiKey_N);                                                // contents: another section
    pause(t);
    IM_CHECK(rig.settle(t));
    t->ItemClick("//reader/**/###prompt");                                  // a lab
    t->KeyCharsAppend(" x");
    pause(t);
    IM_CHECK(rig.settle(t));
    t->KeyPress(ImGuiKey_Escape);                                           // out of the field, not out of the tour
    IM_CHECK(shown(t));
    t->MouseMove("//reader/**/###figure");                                  // a number: some mark is near the middle
    const ImGuiTestItemInfo figure = t->ItemInfo("//reader/**/###figure");
    for (float y = figure.RectFull.Min.y + 4; y < figure.RectFull.Max.y; y += 8)
      t->MouseMoveToPos({figure.RectFull.Min.x + 40, y});
    pause(t);
    t->KeyPress(ImGuiKey_Slash);                                            // search
    IM_CHECK(!shown(t));                                                    // which the tour does not cover
    t->KeyPress(ImGuiKey_Escape);
    pause(t);
    IM_CHECK(shown(t));
    t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);                                // all commands
    t->KeyPress(ImGuiKey_Escape);
    pause(t);
    const figure::Theme before = rig.reader().theme().id;
    t->KeyPress(ImGuiKey_D);                                                // colours
    IM_CHECK(rig.reader().theme().id != before);
    pause(t);
    t->KeyPress(ImGuiKey_E);                                                // a lab over the window
    pause(t);
    t->KeyPress(ImGuiKey_Escape);                                           // gives the window back
    IM_CHECK(shown(t));                                                     // the last card
    t->ItemClick("//tour/next");
    IM_CHECK(!shown(t));
  }));
}

TEST_CASE("what was not done does not go on by itself; arrows go on and back", "[tour]") {
  TourRig rig;
  CHECK(rig.run([&](ImGuiTestContext* t) {
    pause(t);
    IM_CHECK(t->ItemExists("//tour/###en"));
    t->KeyPress(ImGuiKey_RightArrow);
    t->Yield(3);
    IM_CHECK(!t->ItemExists("//tour/###en"));
    t->KeyPress(ImGuiKey_LeftArrow);
    t->Yield(3);
    IM_CHECK(t->ItemExists("//tour/###en"));
    t->KeyPress(ImGuiKey_1);                                                // the language at hand, by its number
    t->Yield(3);
    IM_CHECK(!t->ItemExists("//tour/###en"));
    for (int i = 0; i < 8; ++i) t->KeyPress(ImGuiKey_RightArrow);
    IM_CHECK(!shown(t));
  }));
}

TEST_CASE("a card of the tour stands in the window and covers nothing of what it points at", "[tour]") {
  const ImVec2 size(300, 190);
  for (const ImVec2 window : {ImVec2(1024, 768), ImVec2(1280, 800), ImVec2(800, 600)}) {
    const viewer::Area room{{12, 12}, {window.x - 12, window.y - 42}};
    for (float x = 0; x < window.x; x += 37)
      for (float y = 0; y < window.y; y += 41)
        for (const ImVec2 extent : {ImVec2(28, 28), ImVec2(560, 36), ImVec2(260, window.y), ImVec2(560, 120)}) {
          const viewer::Area target{{x, y}, {std::min(x + extent.x, window.x), std::min(y + extent.y, window.y)}};
          const ImVec2 at = viewer::place_beside(room, target, size, 14);
          CAPTURE(window.x, x, y, extent.x, extent.y, at.x, at.y);
          CHECK((at.x >= room.min.x && at.y >= room.min.y));
          CHECK((at.x + size.x <= room.max.x && at.y + size.y <= room.max.y));
          const bool fits = target.max.x + 14 + size.x <= room.max.x || target.min.x - 14 - size.x >= room.min.x ||
                            target.max.y + 14 + size.y <= room.max.y || target.min.y - 14 - size.y >= room.min.y;
          const bool apart = at.x >= target.max.x || at.x + size.x <= target.min.x || at.y >= target.max.y ||
                             at.y + size.y <= target.min.y;
          CHECK((apart || !fits));
        }
  }
}

TEST_CASE("in a small window, too, the tour's cards leave their controls free", "[tour]") {
  TourRig rig({1024, 768});
  CHECK(rig.run([&](ImGuiTestContext* t) {
    IM_CHECK(rig.settle(t));
    t->KeyPress(ImGuiKey_RightArrow);
    t->KeyPress(ImGuiKey_RightArrow);                                       // the prompt
    t->Yield(3);
    const ImRect field = t->ItemInfo("//reader/**/###prompt").RectFull;
    const ImGuiWindow* card = t->GetWindowByRef("//tour");
    IM_CHECK(card != nullptr);
    IM_CHECK(!card->Rect().Overlaps(field));
    IM_CHECK(ImRect(0, 0, 1024, 768).Contains(card->Rect()));
  }));
}
