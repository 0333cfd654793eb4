// Words drawn in one of the theme's faces, and the quiet buttons of the interface.
#pragma once

#include <string_view>

#include "viewer/theme.h"

namespace tb::viewer {

// One line; `size` in pixels at scale 1.
void draw_label(const Theme& theme, ImFont* font, float size, figure::Color color, std::string_view text);
// Breaks lines at `width` pixels.
void draw_wrapped(const Theme& theme, ImFont* font, float size, figure::Color color, std::string_view text, float width);
// A word that can be clicked: muted, in the accent colour under the mouse, without a frame. `id` is not shown.
bool quiet_button(const Theme& theme, const char* id, std::string_view text, float size = 14, bool chosen = false);
float label_width(ImFont* font, float pixels, std::string_view text);

}  // namespace tb::viewer
