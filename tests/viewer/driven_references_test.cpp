// Footnotes, references and symbols of formulas open where they stand, by key, by click and under the mouse.
#include "tests/catch.h"

#include <set>
#include <string>

#include "tests/viewer/rig.h"

using namespace tb;
using namespace tb::test;

namespace {

constexpr const char* kText =
    "By [formula](#f) and [Smith 2000](#smith), with a note[^a].\n\n<a id=\"f\"></a>\n$$L = z_y$$\n\n"
    "- <a id=\"smith\"></a>Smith, A. 2000. *A Book*.\n\n[^a]: What the note says.";

bool is_shown(ImGuiTestContext* context, const char* window) {
  const ImGuiWindow* found = context->GetWindowByRef(window);
  return found && found->Active;
}

}  // namespace

TEST_CASE("references and footnotes open by key, and Enter goes where one leads") {
  Rig rig("", kText);
  rig.display = {900, 800};                                // too narrow for notes beside the text
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    for (int i = 0; i < 3; ++i) {                          // formula, source, footnote
      context->KeyPress(ImGuiKey_F);
      context->Yield(3);
      IM_CHECK(is_shown(context, "//reference"));
    }
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK(!is_shown(context, "//reference"));

    context->KeyPress(ImGuiKey_F);
    context->Yield(3);
    context->KeyPress(ImGuiKey_Enter);                     // to the formula, whose link is then copied
    context->Yield(3);
    IM_CHECK(!is_shown(context, "//reference"));
    context->KeyPress(ImGuiKey_Y);
    context->Yield(2);
    IM_CHECK_STR_EQ(ImGui::GetClipboardText(), "textbook open '01-small#f'");
  });
  CHECK(passed);
}

TEST_CASE("a right click copies the link of what stands under the mouse") {
  Rig rig("", kText);
  rig.display = {1280, 2200};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const auto text = context->ItemInfo("**/text");
    std::set<std::string> copied;
    for (float y = text.RectFull.Min.y + 20; y < text.RectFull.Max.y; y += 20) {
      context->MouseMoveToPos({text.RectFull.GetCenter().x, y});
      context->MouseClick(ImGuiMouseButton_Right);
      if (const char* line = ImGui::GetClipboardText()) copied.insert(line);
    }
    IM_CHECK(copied.contains("textbook open '01-small#f'"));          // the formula's own
    IM_CHECK(copied.contains("textbook open '01-small#first'"));      // a paragraph's section
  });
  CHECK(passed);
}

TEST_CASE("the symbols of a formula are told by key") {
  Rig rig("", kText);
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_S);
    context->Yield(3);
    IM_CHECK(is_shown(context, "//symbols"));
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK(!is_shown(context, "//symbols"));
  });
  CHECK(passed);
}
