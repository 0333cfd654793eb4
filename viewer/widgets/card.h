// A small window at something on the page: what a term means, a footnote, a symbol.
#pragma once

#include "viewer/theme.h"

namespace tb::viewer {

inline constexpr float card_padding = 16;        // at scale 1

struct CardPlace {
  ImVec2 min, max;                               // of what it belongs to, on the screen
  ImVec2 inside;                                 // what it needs, in pixels
};

// Begins an ImGui window under its place, or above where there is no room; ImGui::End and PopStyleColor() end it.
// `held`: it takes the mouse, else it goes with what it belongs to. `appearing`: it comes to the front.
void begin_card(const Theme& theme, const char* name, const CardPlace& place, bool held, bool appearing);
void end_card();

}  // namespace tb::viewer
