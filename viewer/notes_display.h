// The window with the lecturer's notes, on the display that the audience does not see where there are two. It has fonts
// and a Dear ImGui of its own, so that nothing of the presentation depends on it.
#pragma once

#include "viewer/graphics.h"
#include "viewer/notes_window.h"

struct GLFWmonitor;
struct ImGuiContext;

namespace tb::viewer {

class NotesDisplay {
 public:
  NotesDisplay() = default;
  NotesDisplay(const NotesDisplay&) = delete;
  ~NotesDisplay() { close(); }

  enum class Wish { none, restart_clock, close };
  // Opens it at the first call. `theme`: of the presentation; `swapped`: the notes go to the second display.
  Wish draw(const NotesView& view, const Theme& theme, const Graphics& presentation, bool swapped);
  void close();
  bool has_input() const;                     // the mouse did something in it: a frame is wanted

 private:
  bool open(const Graphics& presentation);
  void place(bool swapped);

  GLFWwindow* window_ = nullptr;
  ImGuiContext* context_ = nullptr;
  Fonts fonts_;
  bool failed_ = false;                       // there is no second window to be had: the presentation goes on without
  GLFWmonitor* placed_ = nullptr;             // on which display; not to be followed, it may be gone
};

}  // namespace tb::viewer
