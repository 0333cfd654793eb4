// Pair kerning of the page's faces, which Dear ImGui does not apply: it sets letter after letter.
#pragma once

#include <string_view>

#include "viewer/page/layout.h"

namespace tb::viewer::page {

// Pixels between two letters besides their advances, from the `kern` table of the font's own face (OpenType, "kern");
// whole ones, because Dear ImGui draws sharp letters on whole pixels only. 0 for faces without such a table (code),
// where a fallback face draws one of the letters, and at a space, behind which a line may end.
float kerning(const Style& style, char32_t left, char32_t right);
// Likewise between the last letter of one text and the first of the next.
float kerning(const Style& style, std::string_view left, std::string_view right);

// Draws text whose widths text_width tells; `at` is its upper left corner, in whole pixels.
void draw_text(ImDrawList& list, const Style& style, ImVec2 at, ImU32 color, std::string_view text);

}  // namespace tb::viewer::page
