// The overlay with all keys.
#pragma once

#include "viewer/theme.h"

namespace tb::viewer {

// Over the whole window; a click closes it by clearing `open`.
void draw_help(const Theme& theme, bool presenting, bool& open);

}  // namespace tb::viewer
