#include "viewer/keys.h"

#include <algorithm>
#include <array>

#include <imgui_internal.h>

namespace tb::viewer {

namespace {

constexpr int kShift = ImGuiMod_Shift, kCtrl = ImGuiMod_Ctrl, kAlt = ImGuiMod_Alt;

const std::vector<ActionEntry> kActions = {
    {Action::page_down, "page-down", {{ImGuiKey_Space, true}, {ImGuiKey_PageDown, true}}},
    {Action::page_up, "page-up", {{kShift | ImGuiKey_Space, true}, {ImGuiKey_PageUp, true}}},
    {Action::line_down, "line-down", {{ImGuiKey_J, true}, {ImGuiKey_DownArrow, true}}},
    {Action::line_up, "line-up", {{ImGuiKey_K, true}, {ImGuiKey_UpArrow, true}}},
    {Action::to_start, "to-start", {{ImGuiKey_Home}}},
    {Action::to_end, "to-end", {{ImGuiKey_End}}},
    {Action::next_section, "next-section", {{ImGuiKey_N}}},
    {Action::previous_section, "previous-section", {{ImGuiKey_P}}},
    {Action::back, "back", {{ImGuiKey_LeftBracket, false, '['}, {kAlt | ImGuiKey_LeftArrow}}},
    {Action::forward, "forward", {{ImGuiKey_RightBracket, false, ']'}, {kAlt | ImGuiKey_RightArrow}}},
    {Action::search, "search", {{ImGuiKey_Slash, false, '/'}}},
    {Action::find, "find", {{kCtrl | ImGuiKey_F}}},
    {Action::palette, "palette", {{kCtrl | ImGuiKey_K, false, 0, true, true}}},
    {Action::term, "term", {{ImGuiKey_G}}, Mode::any},
    {Action::bookmark, "bookmark", {{ImGuiKey_B}}},
    {Action::note, "note", {{ImGuiKey_W}}},
    {Action::marks, "marks", {{kShift | ImGuiKey_B}}},
    {Action::progress, "progress", {{ImGuiKey_R}}},
    {Action::reference, "reference", {{ImGuiKey_F}}, Mode::any},
    {Action::symbols, "symbols", {{ImGuiKey_S}}},
    {Action::copy_link, "copy-link", {{ImGuiKey_Y}}},
    {Action::contents, "contents", {{ImGuiKey_T}}},
    {Action::language, "language", {{ImGuiKey_L}}, Mode::any},
    {Action::theme, "theme", {{ImGuiKey_D}}, Mode::any},
    {Action::larger, "larger",
     {{kCtrl | ImGuiKey_Equal}, {kCtrl | kShift | ImGuiKey_Equal, false, 0, false},
      {kCtrl | ImGuiKey_KeypadAdd, false, 0, false}},
     Mode::any},
    {Action::smaller,
     "smaller",
     {{kCtrl | ImGuiKey_Minus}, {kCtrl | ImGuiKey_KeypadSubtract, false, 0, false}},
     Mode::any},
    {Action::normal_size,
     "normal-size",
     {{kCtrl | ImGuiKey_0}, {kCtrl | ImGuiKey_Keypad0, false, 0, false}},
     Mode::any},
    {Action::enter_lab, "enter-lab", {{ImGuiKey_Enter}, {ImGuiKey_KeypadEnter, false, 0, false}}, Mode::any},
    {Action::enlarge, "enlarge", {{ImGuiKey_E}}, Mode::any},
    {Action::compare, "compare", {{ImGuiKey_C}}, Mode::any},
    {Action::leave, "leave", {{ImGuiKey_Escape}}, Mode::any},
    {Action::full_screen, "full-screen", {{ImGuiKey_F11}}, Mode::any},
    {Action::copy, "copy", {{kCtrl | ImGuiKey_C}}, Mode::any},
    {Action::model, "model", {{ImGuiKey_M}}},
    {Action::tour, "tour", {{kShift | ImGuiKey_F1}}},
    {Action::present, "present", {{ImGuiKey_F5}}},
    {Action::add_to_lesson, "add-to-lesson", {{ImGuiKey_A}}},
    {Action::lesson, "lesson", {{kShift | ImGuiKey_A}}},
    {Action::exercise, "exercise", {{ImGuiKey_X}}},
    {Action::own_code, "own-code", {{ImGuiKey_O}}, Mode::any},
    {Action::check, "check",
     {{kCtrl | ImGuiKey_Enter, false, 0, true, true}, {kCtrl | ImGuiKey_KeypadEnter, false, 0, false, true}}},
    {Action::sanitize, "sanitize", {{kCtrl | kShift | ImGuiKey_Enter, false, 0, true, true}}},
    {Action::stop_check, "stop-check", {{kShift | ImGuiKey_Escape, false, 0, true, true}}},
    {Action::save_code, "save-code", {{kCtrl | ImGuiKey_S, false, 0, true, true}}},
    {Action::hint, "hint", {{kAlt | ImGuiKey_H, false, 0, true, true}}},
    {Action::solution, "solution", {{kAlt | ImGuiKey_S, false, 0, true, true}}},
    {Action::difference, "difference", {{kAlt | ImGuiKey_D, false, 0, true, true}}},
    {Action::own_editor, "own-editor", {{kAlt | ImGuiKey_O, false, 0, true, true}}},
    {Action::next_step,
     "next-step",
     {{ImGuiKey_PageDown, true, 0, true, true}, {ImGuiKey_Space, true}, {ImGuiKey_RightArrow, true},
      {ImGuiKey_DownArrow, true, 0, false}, {ImGuiKey_N, true, 0, false}},
     Mode::presenting},
    {Action::previous_step,
     "previous-step",
     {{ImGuiKey_PageUp, true, 0, true, true}, {kShift | ImGuiKey_Space, true, 0, false}, {ImGuiKey_LeftArrow, true},
      {ImGuiKey_UpArrow, true, 0, false}, {ImGuiKey_P, true, 0, false}},
     Mode::presenting},
    {Action::first_step, "first-step", {{ImGuiKey_Home}}, Mode::presenting},
    {Action::last_step, "last-step", {{ImGuiKey_End}}, Mode::presenting},
    {Action::blank, "blank", {{ImGuiKey_B}, {ImGuiKey_Period}}, Mode::presenting},
    {Action::spot, "spot", {{ImGuiKey_S}}, Mode::presenting},
    {Action::reset_step, "reset-step", {{ImGuiKey_R}}, Mode::presenting},
    {Action::notes, "notes", {{ImGuiKey_F6}}, Mode::presenting},
    {Action::swap_displays, "swap-displays", {{ImGuiKey_X}}, Mode::presenting},
    {Action::help, "help", {{kShift | ImGuiKey_Slash, false, '?'}, {ImGuiKey_F1, false, 0, true, true}}, Mode::any},
};

bool belongs_to_lab(ImGuiKeyChord chord) {
  constexpr std::array moving = {ImGuiKey_Space, ImGuiKey_DownArrow, ImGuiKey_UpArrow, ImGuiKey_LeftArrow,
                                 ImGuiKey_RightArrow, ImGuiKey_Home, ImGuiKey_End, ImGuiKey_PageDown,
                                 ImGuiKey_PageUp, ImGuiKey_Enter, ImGuiKey_KeypadEnter};
  return std::find(moving.begin(), moving.end(), chord & ~(kShift | kCtrl)) != moving.end();
}

// A figure whose parts are walked by the arrow keys holds them while it has the focus.
bool is_owned(ImGuiKeyChord chord) {
  return ImGui::GetKeyOwner(static_cast<ImGuiKey>(chord & ~ImGuiMod_Mask_)) != ImGuiKeyOwner_NoOwner;
}

bool typed_now(char character) {
  const auto& queue = ImGui::GetIO().InputQueueCharacters;
  return character != 0 && std::find(queue.begin(), queue.end(), static_cast<ImWchar>(character)) != queue.end();
}

std::string label_of(const Key& key, const Strings& strings) {
  if (key.typed != 0) return std::string(1, key.typed);
  std::string label, sign;
  if (key.chord & kCtrl) label += "Ctrl+";
  if (key.chord & kAlt) label += "Alt+";
  if (key.chord & kShift) label += "Shift+";
  const auto bare = static_cast<ImGuiKey>(key.chord & ~ImGuiMod_Mask_);
  switch (bare) {
    case ImGuiKey_Space: return label + strings.get("key-name.space");
    case ImGuiKey_PageDown: return label + "PgDn";
    case ImGuiKey_PageUp: return label + "PgUp";
    case ImGuiKey_Escape: return label + "Esc";
    case ImGuiKey_LeftArrow: return label + "←";
    case ImGuiKey_RightArrow: return label + "→";
    case ImGuiKey_UpArrow: return label + "↑";
    case ImGuiKey_DownArrow: return label + "↓";
    case ImGuiKey_Equal: sign = "+"; break;
    case ImGuiKey_Minus: sign = "−"; break;
    case ImGuiKey_0: sign = "0"; break;
    case ImGuiKey_Period: sign = "."; break;
    default: return label + ImGui::GetKeyName(bare);
  }
  if (!label.empty()) label.back() = ' ';              // "Ctrl +", not "Ctrl++"
  return label + sign;
}

}  // namespace

std::span<const ActionEntry> all_actions() { return kActions; }

std::string action_name(Action action) {
  const auto entry =
      std::find_if(kActions.begin(), kActions.end(), [&](const ActionEntry& e) { return e.action == action; });
  return entry == kActions.end() ? std::string() : entry->name;
}

std::string key_label(const ActionEntry& entry, const Strings& strings) {
  std::string label;
  for (const Key& key : entry.keys)
    if (key.listed) label += (label.empty() ? "" : "  ") + label_of(key, strings);
  return label;
}

std::vector<Action> pressed_actions(bool inside, bool presenting) {
  std::vector<Action> pressed;
  const bool typing = ImGui::GetIO().WantTextInput;
  for (const ActionEntry& entry : kActions) {
    if (!is_for(entry, presenting)) continue;
    const bool is_pressed = std::any_of(entry.keys.begin(), entry.keys.end(), [&](const Key& key) {
      if (typing && entry.action != Action::leave && !key.in_text) return false;
      if (!key.in_text && belongs_to_lab(key.chord) && (inside || is_owned(key.chord))) return false;
      return ImGui::IsKeyChordPressed(key.chord, key.repeats ? ImGuiInputFlags_Repeat : 0, ImGuiKeyOwner_Any) ||
             typed_now(key.typed);
    });
    if (is_pressed) pressed.push_back(entry.action);
  }
  // "?" stands on the key of "/": where Shift came a little late, the character says what was meant.
  if (typed_now('?')) std::erase(pressed, Action::search);
  return pressed;
}

}  // namespace tb::viewer
