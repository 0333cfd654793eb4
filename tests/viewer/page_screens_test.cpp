// Screenfuls of a section: every line whole on exactly one of them, headings with what follows.
#include <cmath>

#include "tests/catch.h"
#include "tests/viewer/page_rig.h"
#include "viewer/page/screens.h"

using namespace tb;
using namespace tb::viewer::page;
using tb::test::PageRig;

namespace {

constexpr const char* kChapter = R"(# Title

Before the first section.

<a id="one"></a>
## One

Alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi.

- a list
- with three
- items

```lab
lab: tokens
id: tall
```

| a | b |
|---|---|
| 1 | 2 |
| 3 | 4 |

```cpp
int main() {
  return 0;
}
```

#### A small heading

Alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi.

<a id="two"></a>
## Two

The end.
)";

}  // namespace

TEST_CASE("a section's screenfuls hold every line once and whole") {
  PageRig rig;
  ImGui_ImplNull_NewFrame();
  ImGui::GetIO().DisplaySize = {800, 600};
  ImGui::NewFrame();
  const Flow flow =
      make_flow(std::make_shared<book::Document>(book::parse_document(kChapter, "chapter.md", "en")), nullptr);
  Formulas formulas(rig.theme.fonts, 1.f);
  Images images;
  constexpr float lab = 700;
  const Layout layout =
      lay_out(flow, {rig.theme, 400, formulas, images, [](const book::Directive&) { return lab; }, 0});
  ImGui::EndFrame();

  const Extent all{0, layout.height}, before = section_extent(flow, layout, ""),
               one = section_extent(flow, layout, "one"), two = section_extent(flow, layout, "two");
  CHECK(before.top == 0);
  CHECK(before.bottom <= one.top);
  CHECK(one.bottom <= two.top);
  CHECK(two.bottom <= all.bottom);
  CHECK(one.bottom - one.top > lab);

  for (float height = 90; height < 1600; height += 37) {
    INFO(height);
    const std::vector<float> tops = screen_tops(flow, layout, one, height);
    REQUIRE_FALSE(tops.empty());
    CHECK(tops.front() == one.top);
    for (std::size_t i = 1; i < tops.size(); ++i) CHECK(tops[i] > tops[i - 1]);
    CHECK(tops.back() + height >= one.bottom);               // nothing is left below the last
    for (const Strip& strip : layout.strips) {
      if (strip.y < one.top || strip.y >= one.bottom) continue;
      const bool heading = flow.leaves[strip.leaf].kind == Leaf::Kind::heading;
      for (const Line& line : layout.lines_of(strip)) {
        const float y = strip.y + line.y, end = y + line.height;
        int whole = 0;
        for (std::size_t i = 0; i < tops.size(); ++i) {
          const float until = i + 1 < tops.size() ? std::min(tops[i + 1], tops[i] + height) : tops[i] + height;
          whole += y >= tops[i] - 0.01f && end <= until + 0.01f;
          // The heading is not the last of its screen: more than its own height is left for what follows.
          if (heading && i + 1 < tops.size() && y >= tops[i] && y < tops[i + 1]) CHECK(tops[i + 1] > end + 1);
        }
        CHECK(whole >= 1);
      }
    }
  }
  CHECK(screen_tops(flow, layout, two, 1000).size() == 1);
  CHECK(screen_tops(flow, layout, one, 0).size() == 1);      // a window of no height
}
