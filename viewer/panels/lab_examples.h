// What else the chapter offers to try in a lab, one click each.
#pragma once

#include "viewer/panels/lab_instance.h"
#include "viewer/theme.h"

namespace tb::viewer {

// A row of small buttons named ###example-<number>, as many rows as they need in `width` pixels; nothing where the
// chapter offers none. The one whose inputs are at hand is marked. Taking one is a step of undo.
void draw_examples(LabInstance& lab, const Theme& theme, float width);

}  // namespace tb::viewer
