// Which display a window goes to.
#include "tests/catch.h"
#include "viewer/displays.h"

namespace {

using tb::viewer::Area;

const Area laptop{0, 0, 1920, 1080}, right{1920, 0, 1280, 800}, left{-1280, 0, 1280, 800};

}  // namespace

TEST_CASE("the full screen is that of the display which most of the window lies on") {
  const Area displays[] = {laptop, right};
  CHECK(tb::viewer::display_of({100, 100, 800, 600}, displays) == 0);
  CHECK(tb::viewer::display_of({2000, 100, 800, 600}, displays) == 1);
  CHECK(tb::viewer::display_of({1500, 100, 800, 600}, displays) == 0);   // 420 of its columns
  CHECK(tb::viewer::display_of({1600, 100, 800, 600}, displays) == 1);   // 480
  CHECK(tb::viewer::display_of({9000, 9000, 800, 600}, displays) == 0);  // nowhere
  const Area beside[] = {laptop, left};
  CHECK(tb::viewer::display_of({-1000, 0, 800, 600}, beside) == 1);
}

TEST_CASE("presentation and notes never share one of two displays") {
  for (const std::size_t count : {2, 3})
    for (const bool swapped : {false, true})
      CHECK(tb::viewer::display_of_presentation(count, swapped) != tb::viewer::display_of_notes(count, swapped));
  CHECK(tb::viewer::display_of_notes(2, false) == 0);   // the lecturer's own
  for (const bool swapped : {false, true}) {
    CHECK(tb::viewer::display_of_presentation(1, swapped) == 0);
    CHECK(tb::viewer::display_of_notes(1, swapped) == 0);
  }
}

TEST_CASE("a window comes back to where it was, or to a display that is still there") {
  const Area both[] = {laptop, right}, one[] = {laptop};
  const Area window{2000, 100, 800, 600}, wide{2000, 100, 2400, 1300};
  CHECK(tb::viewer::put_back(window, both) == window);
  CHECK(tb::viewer::put_back(window, one) == Area{560, 240, 800, 600});
  CHECK(tb::viewer::put_back(wide, one) == laptop);                       // no larger than what is left
  CHECK(tb::viewer::put_back(window, {}) == window);
}
