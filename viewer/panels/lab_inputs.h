// Widgets for a lab's fields: a text box, sliders with their unit, a number box, a check box, a choice.
#pragma once

#include <optional>

#include "viewer/panels/lab_instance.h"
#include "viewer/theme.h"

namespace tb::viewer {

// For inputs that are compared with those of another run: what differs gets a bar at its left, in the colour of its run,
// whole for A and dashed for B; pointing at the bar tells the other's value.
struct InputMarks {
  const Inputs& other;
  bool of_b = false;
};

// Draws all fields that have a widget, texts over the whole width and the others in columns below. Every widget is
// named ###<key>; a double click or the right button puts the chapter's preset back.
enum class InputsPart { all, texts, others };
void draw_inputs(LabInstance& lab, const Theme& theme, float width, std::optional<InputMarks> marks = {},
                 InputsPart part = InputsPart::all);

// A tooltip of the item drawn last, while the mouse rests on it.
void draw_tip(const Theme& theme, const std::string& text);
void draw_tooltip(const Theme& theme, const std::string& text);   // whatever the mouse is on

}  // namespace tb::viewer
