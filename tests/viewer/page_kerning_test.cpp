// Pair kerning: the same as HarfBuzz's, and the same in what is measured and in what is drawn.
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "tests/catch.h"
#include "tests/viewer/page_rig.h"
#include "viewer/page/kerning.h"

using namespace tb;
using namespace tb::viewer::page;
using tb::test::PageRig;

namespace {

// Right end of what a list of drawing commands draws.
float ink_end(const ImDrawList& list) {
  float end = 0;
  for (const ImDrawVert& vertex : list.VtxBuffer) end = std::max(end, vertex.pos.x);
  return end;
}

}  // namespace

TEST_CASE("pairs are kerned as HarfBuzz kerns them") {
  PageRig rig;
  const viewer::Fonts& fonts = rig.theme.fonts;
  const std::map<std::string, ImFont*> faces{{"text", fonts.text}, {"text_italic", fonts.text_italic},
                                             {"text_bold", fonts.text_bold}, {"ui_bold", fonts.ui_bold}};
  std::ifstream file(TEXTBOOK_SOURCE_DIR "/tests/reference/kerning/reference.json");
  const auto reference = nlohmann::json::parse(file);
  REQUIRE(reference.size() == faces.size());
  for (const auto& [name, pairs] : reference.items())
    for (const auto& [pair, units] : pairs.items()) {
      INFO(name << " " << pair);
      std::size_t second = 0;
      next_code_point(pair, second);
      const std::string_view both = pair;
      // 1000 units are an em of these faces, so that pixels are units.
      CHECK(kerning({.font = faces.at(name), .size = 1000}, both.substr(0, second), both.substr(second)) == units.get<float>());
    }
}

TEST_CASE("code, spaces, empty texts and broken ones are not kerned") {
  PageRig rig;
  const viewer::Fonts& fonts = rig.theme.fonts;
  CHECK(kerning({.font = fonts.mono, .size = 1000}, U'A', U'V') == 0);
  const Style prose{.font = fonts.text, .size = 1000};
  for (const char32_t space : {U' ', U'\u00A0', U'\u202F'}) {
    CHECK(kerning(prose, U'A', space) == 0);
    CHECK(kerning(prose, space, U'V') == 0);
  }
  CHECK(kerning(prose, "", "V") == 0);
  CHECK(kerning(prose, "A", "") == 0);
  CHECK(kerning(prose, "\x80\x80", "\xFF") == 0);
  CHECK(kerning(prose, U'A', U'漢') == 0);
}

TEST_CASE("what is drawn is as wide as what was measured") {
  PageRig rig;
  const viewer::Fonts& fonts = rig.theme.fonts;
  ImGui_ImplNull_NewFrame();
  ImGui::GetIO().DisplaySize = rig.size;
  ImGui::NewFrame();
  for (ImFont* font : {fonts.text, fonts.text_italic, fonts.ui_bold, fonts.mono})
    for (const float size : {18.f, 34.f, 68.f})
      for (const std::string text : {"AVATAR. To V", "Где Та «У»: ГАГУ", "nnn", "P", "LTAV漢AV"}) {
        INFO(text << " at " << size);
        const Style style{.font = font, .size = size};
        // The last letter alone, behind the width of what comes before it and the pair's kerning.
        std::size_t last = text.size() - 1;
        while ((static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
        const std::string_view whole = text, head = whole.substr(0, last), tail = whole.substr(last);
        const float tail_at = text_width(style, head) + kerning(style, head, tail);
        ImDrawList drawn(ImGui::GetDrawListSharedData()), expected(ImGui::GetDrawListSharedData());
        for (ImDrawList* list : {&drawn, &expected}) {
          list->_ResetForNewFrame();
          list->PushTexture(ImGui::GetIO().Fonts->TexRef);
          list->PushClipRect({0, 0}, {4000, 400});
        }
        draw_text(drawn, style, {0, 0}, IM_COL32_WHITE, text);
        draw_text(expected, style, {tail_at, 0}, IM_COL32_WHITE, tail);
        CHECK(ink_end(drawn) > 0);
        CHECK(ink_end(drawn) == ink_end(expected));
        CHECK(text_width(style, text) == tail_at + text_width(style, tail));
      }
  ImGui::EndFrame();
}
