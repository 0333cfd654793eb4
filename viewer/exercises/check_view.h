// How a check stands, in words: compiling, case by case, what was expected and what came, and why.
#pragma once

#include <functional>

#include "viewer/exercises/exercises.h"
#include "viewer/theme.h"

namespace tb::viewer {

using DrawMarkdown = std::function<void(const std::string& markdown, float width)>;
// `stale`: the code has changed since. Returns the line of a note that was clicked, 0 for none. Widgets: ###line-<n>.
int draw_check(const Theme& theme, const CheckView& view, bool stale, float width, const DrawMarkdown& draw_markdown);

// "4 of 10 points"
std::string points_text(double points, double most, const Strings& strings);

}  // namespace tb::viewer
