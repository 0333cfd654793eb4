// A lab over the whole window.
#pragma once

#include "viewer/directives.h"

namespace tb::viewer {

struct OutOfSight { float above = 0, below = 0; };        // pixels

// Draws the enlarged lab into the current window. `scroll`: pixels that keys ask it to move; taken.
OutOfSight draw_enlarged_lab(Directives& directives, const Theme& theme, ImVec2 origin, ImVec2 size, float& scroll);

}  // namespace tb::viewer
