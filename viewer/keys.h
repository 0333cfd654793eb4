// Every key of the reader, in one list: the help overlay shows it, frame() asks it what was pressed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <imgui.h>

namespace tb::viewer {

enum class Action {
  page_down, page_up, line_down, line_up, to_start, to_end, next_section, previous_section, back, forward,
  find, contents, language, theme, larger, smaller, normal_size, enter_lab, leave, full_screen, copy, model, help
};

struct Key {
  Action action;
  ImGuiKeyChord chord;      // by place on the keyboard, so that a Russian layout changes nothing
  bool repeats = false;     // goes on while held
  char typed = 0;           // also by the character it gives, for layouts that have it elsewhere
};

std::span<const Key> all_keys();
// The name of an action in the strings: "keys.<name>.keys" and "keys.<name>.what".
std::string action_name(Action action);
// Actions in the order in which the help overlay lists them.
std::span<const Action> all_actions();

// What was pressed in this frame; nothing but `leave` while a text field has the focus. `inside` a lab the arrows,
// Space and Enter belong to the lab.
std::vector<Action> pressed_actions(bool inside);

}  // namespace tb::viewer
