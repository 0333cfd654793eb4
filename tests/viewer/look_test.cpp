// The numbers that the reader's look is held to: contrast on every ground that text stands on, the measure, a column that
// stays where it is, controls large enough to hit, another display.
#include "tests/catch.h"

#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "figure/kit.h"
#include "tests/viewer/rig.h"
#include "viewer/page/layout.h"

using namespace tb;
using namespace tb::test;

namespace {

// WCAG 2.2: relative luminance and contrast.
double luminance(const ImVec4& c) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(c.x) + 0.7152 * linear(c.y) + 0.0722 * linear(c.z);
}
double contrast(const ImVec4& a, const ImVec4& b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}
ImVec4 over(const ImVec4& top, const ImVec4& ground) {
  return {ground.x + (top.x - ground.x) * top.w, ground.y + (top.y - ground.y) * top.w,
          ground.z + (top.z - ground.z) * top.w, 1};
}

ImRect field(ImGuiTestContext* context) { return context->ItemInfo("//reader/**/###prompt").RectFull; }

}  // namespace

TEST_CASE("text stands out on every ground that the interface gives it") {
  ImGui::CreateContext();
  for (const figure::Theme id : figure::themes) {
    viewer::Theme theme;
    theme.id = id;
    viewer::apply_style(theme);
    const ImGuiStyle& style = ImGui::GetStyle();
    const figure::Palette& p = theme.colors();
    const ImVec4 ink = viewer::to_vec(p.ink), paper = viewer::to_vec(p.paper), card = viewer::to_vec(p.card);
    CAPTURE(static_cast<int>(id));
    // Fields, buttons, rows of lists, at rest, under the mouse and pressed.
    for (const ImGuiCol ground : {ImGuiCol_FrameBg, ImGuiCol_FrameBgHovered, ImGuiCol_FrameBgActive, ImGuiCol_Button,
                                  ImGuiCol_ButtonHovered, ImGuiCol_ButtonActive, ImGuiCol_Header, ImGuiCol_HeaderHovered,
                                  ImGuiCol_HeaderActive, ImGuiCol_PopupBg, ImGuiCol_WindowBg}) {
      CAPTURE(ImGui::GetStyleColorName(ground));
      CHECK(contrast(style.Colors[ImGuiCol_Text], over(style.Colors[ground], card)) >= 7);
    }
    for (const ImVec4& ground : {paper, card})
      CHECK(contrast(ink, over(style.Colors[ImGuiCol_TextSelectedBg], ground)) >= 7);     // selected
    const ImVec4 lit = style.Colors[ImGuiCol_ButtonHovered];
    CHECK(contrast(viewer::to_vec(p.muted), lit) >= 4.5);                                 // notes in a lit row
    CHECK(contrast(viewer::to_vec(p.accent), lit) >= 4.5);                                // a link in it
    CHECK(contrast(card, viewer::to_vec(p.accent)) >= 4.5);                               // the button that starts a run
    // Disabled controls need no contrast by WCAG, but are to be seen.
    ImVec4 pale = ink;
    pale.w = style.DisabledAlpha;
    CHECK(contrast(over(pale, card), card) >= 2);
  }
  ImGui::DestroyContext();
}

TEST_CASE("what is written on a colour of a map can be read") {
  for (const figure::Theme id : figure::themes) {
    const figure::Palette& p = figure::palette(id);
    for (const auto* map : {&p.sequential, &p.diverging})
      for (const figure::Color fill : *map) {
        CAPTURE(static_cast<int>(id), static_cast<int>(fill.r), static_cast<int>(fill.g), static_cast<int>(fill.b));
        CHECK(contrast(viewer::to_vec(figure::readable_on(fill, p)), viewer::to_vec(fill)) >= 4.5);
      }
  }
}

TEST_CASE("a line has 62 to 70 characters, and the column stays where it is") {
  Rig rig;
  rig.display = {1280, 800};
  CHECK(rig.run([&](ImGuiTestContext* context) {
    for (const char* language : {"en", "ru"}) {
      IM_CHECK_STR_EQ(rig.reader().language().c_str(), language);
      IM_CHECK(rig.settle(context));
      rig.reader().go_to_section("first");
      context->Yield(3);
      const viewer::Theme& theme = rig.reader().theme();
      const float column = field(context).GetWidth() + 2 * theme.px(16);                  // and a card's edges
      const float advance = viewer::page::average_advance(theme.fonts.text, theme.px(theme.sizes.text), language);
      IM_CHECK_GE(column / advance, 62.f);
      IM_CHECK_LE(column / advance, 70.f);
      context->KeyPress(ImGuiKey_L);
    }
    for (const ImVec2 size : {ImVec2(1024, 768), ImVec2(1280, 800), ImVec2(1700, 900)}) {
      rig.display = size;
      context->Yield(3);
      rig.reader().go_to_section("first");
      context->Yield(3);
      const ImRect before = field(context);
      context->KeyPress(ImGuiKey_T);
      context->Yield(3);
      IM_CHECK_EQ(field(context).Min.x, before.Min.x);
      context->KeyPress(ImGuiKey_T);
      context->Yield(3);
      IM_CHECK_EQ(field(context).Min.x, before.Min.x);
    }
  }));
}

TEST_CASE("buttons and icons are at least 24 pixels high and wide") {
  Rig rig;
  rig.display = {1280, 800};
  CHECK(rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    rig.reader().go_to_section("first");
    context->Yield(3);
    for (const char* control : {"language", "theme", "smaller", "larger", "find", "keys", "model", "###undo", "###reset",
                                "###save", "###link", "###pin", "###enlarge", "###generate", "###step"}) {
      const ImRect box = context->ItemInfo((std::string("//reader/**/") + control).c_str()).RectFull;
      if (box.GetHeight() < 24 || box.GetWidth() < 24)
        context->LogError("%s: %.1f x %.1f", control, box.GetWidth(), box.GetHeight());
      IM_CHECK_GE(box.GetHeight(), 24.f);
      IM_CHECK_GE(box.GetWidth(), 24.f);
    }
  }));
}

TEST_CASE("where a unit of the window is two pixels, the glyphs of every face are drawn so densely") {
  Rig rig;
  CHECK(rig.run([&](ImGuiTestContext* context) {
    ImGuiIO& io = ImGui::GetIO();
    for (const float density : {2.f, 1.f}) {
      io.DisplayFramebufferScale = {density, density};
      context->Yield(2);
      for (const ImFont* font : io.Fonts->Fonts) IM_CHECK_EQ(font->CurrentRasterizerDensity, density);
    }
  }));
}

TEST_CASE("on a display of twice the density everything is twice as large, at the same place") {
  Rig rig;
  rig.display = {1280, 800};
  CHECK(rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    rig.reader().go_to_section("first");
    context->Yield(3);
    const ImRect before = field(context);
    rig.reader().set_display_scale(2);
    rig.display = {2560, 1600};
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "first");
    const ImRect twice = field(context);
    IM_CHECK_LE(std::abs(twice.Min.x - 2 * before.Min.x), 0.01f * twice.GetWidth());
    IM_CHECK_LE(std::abs(twice.GetWidth() - 2 * before.GetWidth()), 0.01f * twice.GetWidth());
    rig.reader().set_display_scale(1);
    rig.display = {1280, 800};
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "first");
    IM_CHECK_LE(std::abs(field(context).Min.y - before.Min.y), 2.f);                       // nothing has jumped
  }));
}
