// An error where its subject would stand: what went wrong, where, what to do, and perhaps a button to try again.
#pragma once

#include "base/error.h"
#include "viewer/theme.h"

namespace tb::viewer {

// Draws at the cursor, `width` pixels wide. `retry`: label of a button, nullptr for none. True where it was pressed.
bool draw_error_card(const Theme& theme, const Error& error, float width, const char* retry = nullptr);
// The same in a tooltip of the last item, for places that have no room for it.
void error_tooltip(const Theme& theme, const Error& error);

}  // namespace tb::viewer
