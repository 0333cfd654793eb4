// What the reader can do and with which keys, in one table: frame() asks it what was pressed, the help overlay and the
// command palette list it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <imgui.h>

#include "base/strings.h"

namespace tb::viewer {

enum class Action {
  page_down, page_up, line_down, line_up, to_start, to_end, next_section, previous_section, back, forward,
  search, find, palette, term, reference, symbols, copy_link, bookmark, note, marks, progress, contents, language,
  theme, larger, smaller, normal_size, enter_lab, enlarge, leave, full_screen, copy, compare, model, tour, help,
  present, lesson, add_to_lesson,
  exercise, own_code, check, sanitize, stop_check, save_code, hint, solution, difference, own_editor,
  next_step, previous_step, first_step, last_step, blank, spot, reset_step, notes,
  swap_displays
};

struct Key {
  ImGuiKeyChord chord;      // by place on the keyboard, so that a Russian layout changes nothing
  bool repeats = false;     // goes on while held
  char typed = 0;           // also by the character it gives, for layouts that have it elsewhere
  bool listed = true;       // shown to the learner; not so other places of the same sign
  bool in_text = false;     // also while a text field has the focus
};

// Where an action can be taken: in the reader, while it presents, or always.
enum class Mode { reading, presenting, any };

struct ActionEntry {
  Action action;
  std::string name;         // the string "keys.<name>" says what it does
  std::vector<Key> keys;
  Mode mode = Mode::reading;
};
inline bool is_for(const ActionEntry& entry, bool presenting) {
  return entry.mode == Mode::any || (entry.mode == Mode::presenting) == presenting;
}

// In the order in which they are listed.
std::span<const ActionEntry> all_actions();
std::string action_name(Action action);
// Its keys as the learner sees them: "Shift+Space  PgUp".
std::string key_label(const ActionEntry& entry, const Strings& strings);

// What was pressed in this frame; nothing but `leave` while a text field has the focus. `inside` a lab the arrows,
// Space and Enter belong to the lab.
std::vector<Action> pressed_actions(bool inside, bool presenting);

}  // namespace tb::viewer
