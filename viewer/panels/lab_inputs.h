// Widgets for a lab's fields: a text box, sliders with their unit, a number box, a check box, a choice.
#pragma once

#include "viewer/panels/lab_instance.h"
#include "viewer/theme.h"

namespace tb::viewer {

// Draws all fields that have a widget, texts over the whole width and the others in columns below. Every widget is
// named ###<key>; a double click or the right button puts the chapter's preset back.
void draw_inputs(LabInstance& lab, const Theme& theme, float width);

// A tooltip of the item drawn last, while the mouse rests on it.
void draw_tip(const Theme& theme, const std::string& text);

}  // namespace tb::viewer
