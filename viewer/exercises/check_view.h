// How a check stands, in words: compiling, case by case, what was expected and what came, and why.
#pragma once

#include "viewer/exercises/exercises.h"
#include "viewer/theme.h"

namespace tb::viewer {

// `stale`: the code has changed since. Returns the line of a note that was clicked, 0 for none. Widgets: ###line-<n>.
int draw_check(const Theme& theme, const CheckView& view, bool stale, float width);

// "4 of 10 points"
std::string points_text(double points, double most, const Strings& strings);

}  // namespace tb::viewer
