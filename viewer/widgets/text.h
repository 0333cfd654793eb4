// Words drawn in one of the theme's faces, and the quiet buttons of the interface.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "viewer/theme.h"

namespace tb::viewer {

// One line; `size` in pixels at scale 1.
void draw_label(const Theme& theme, ImFont* font, float size, figure::Color color, std::string_view text);
// Breaks lines at `width` pixels, with the interface's leading.
void draw_wrapped(const Theme& theme, ImFont* font, float size, figure::Color color, std::string_view text,
                  float width);
// A word that can be clicked: muted, in the accent colour under the mouse, without a frame. `id` is not shown.
bool quiet_button(const Theme& theme, const char* id, std::string_view text, float size = 14, bool chosen = false);
float label_width(ImFont* font, float pixels, std::string_view text);

// The words of a line that fit into so many pixels, with "…" behind them where some do not.
std::string shortened(ImFont* font, float pixels, const std::string& line, float width);

// Lines no wider than `width` (a longer word is broken), and the distance from one to the next, in pixels.
std::vector<std::string_view> wrap_lines(ImFont* font, float pixels, std::string_view text, float width);
constexpr float kLeading = 1.35f;      // of the font's size

}  // namespace tb::viewer
