// What the lecturer sees on the other display: notes, clock and time, what comes next. Only the content: the window is
// viewer/notes_display's, or any Dear ImGui window.
#pragma once

#include <string>

#include "viewer/theme.h"

namespace tb::viewer {

struct NotesView {
  std::string title;                          // of the lesson or the chapter
  std::size_t step = 1, steps = 1;            // step: from 1; steps + 1 at the end
  int screen = 1, screens = 1;                // of this step
  std::string now, next;                      // titles; next: "" where nothing comes
  std::string notes;
  double elapsed = 0, planned = 0;            // seconds of all; planned: 0 where nothing is
  double step_elapsed = 0, step_planned = 0;
  bool blank = false;                         // the audience sees a black screen
  std::string model;                          // what is to be said of the model; "" when it is ready
};

// Fills the current window, with the notes as large as they fit. `clock`: the time of day as it is to be shown.
// True where the lecturer wants the time to begin anew.
bool draw_notes(const Theme& theme, const NotesView& view, const std::string& clock);
// "7:05", "1:02:03".
std::string format_time(double seconds);

}  // namespace tb::viewer
