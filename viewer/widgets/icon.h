// Icons that no font has in one weight: drawn as strokes, in the weight of the interface's text.
#pragma once

#include "viewer/theme.h"

namespace tb::viewer {

enum class Icon { save, link, compare, pin, enlarge, shrink, right, wrong, bookmark, note };

// Around `center`, in a square of `side` pixels.
void draw_icon(ImDrawList& list, Icon icon, ImVec2 center, float side, ImU32 color);

}  // namespace tb::viewer
