// What lies over a lab's result until the learner has said what to expect of it.
#pragma once

#include <string>

#include "viewer/panels/lab_actions.h"
#include "viewer/theme.h"

namespace tb::viewer {

// At the cursor, `width` pixels wide. Widgets: ###to-question, ###show-anyway.
LabWish draw_cover(const std::string& question, const Theme& theme, float width);

}  // namespace tb::viewer
