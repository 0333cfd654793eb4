// The buttons under a lab's inputs: of one that runs for long its start and stop, of next-token the draws.
#pragma once

#include "viewer/panels/lab_instance.h"
#include "viewer/theme.h"

namespace tb::viewer {

// At the cursor, `width` pixels wide; nothing for labs that run by themselves.
void draw_run_controls(LabInstance& lab, const Theme& theme, float width);

// "about 40 seconds left", of the run at hand; "" where that cannot be told.
std::string time_left(const LabInstance& lab, const Theme& theme);

}  // namespace tb::viewer
