#include "viewer/keys.h"

#include <algorithm>
#include <array>

#include <imgui_internal.h>

namespace tb::viewer {

namespace {

constexpr int kShift = ImGuiMod_Shift, kCtrl = ImGuiMod_Ctrl;

const Key kKeys[] = {
    {Action::page_down, ImGuiKey_Space, true},
    {Action::page_down, ImGuiKey_PageDown, true},
    {Action::page_up, kShift | ImGuiKey_Space, true},
    {Action::page_up, ImGuiKey_PageUp, true},
    {Action::line_down, ImGuiKey_J, true},
    {Action::line_down, ImGuiKey_DownArrow, true},
    {Action::line_up, ImGuiKey_K, true},
    {Action::line_up, ImGuiKey_UpArrow, true},
    {Action::to_start, ImGuiKey_Home},
    {Action::to_end, ImGuiKey_End},
    {Action::next_section, ImGuiKey_N},
    {Action::previous_section, ImGuiKey_P},
    {Action::back, ImGuiKey_LeftBracket, false, '['},
    {Action::back, ImGuiMod_Alt | ImGuiKey_LeftArrow},
    {Action::forward, ImGuiKey_RightBracket, false, ']'},
    {Action::forward, ImGuiMod_Alt | ImGuiKey_RightArrow},
    {Action::find, ImGuiKey_Slash, false, '/'},
    {Action::find, kCtrl | ImGuiKey_F},
    {Action::contents, ImGuiKey_T},
    {Action::language, ImGuiKey_L},
    {Action::theme, ImGuiKey_D},
    {Action::larger, kCtrl | ImGuiKey_Equal},
    {Action::larger, kCtrl | kShift | ImGuiKey_Equal},
    {Action::larger, kCtrl | ImGuiKey_KeypadAdd},
    {Action::smaller, kCtrl | ImGuiKey_Minus},
    {Action::smaller, kCtrl | ImGuiKey_KeypadSubtract},
    {Action::normal_size, kCtrl | ImGuiKey_0},
    {Action::normal_size, kCtrl | ImGuiKey_Keypad0},
    {Action::enter_lab, ImGuiKey_Enter},
    {Action::enter_lab, ImGuiKey_KeypadEnter},
    {Action::leave, ImGuiKey_Escape},
    {Action::full_screen, ImGuiKey_F11},
    {Action::model, ImGuiKey_M},
    {Action::help, kShift | ImGuiKey_Slash, false, '?'},
    {Action::help, ImGuiKey_F1},
};

// In the order of enum Action.
constexpr std::array kNames = {
    "page-down", "page-up", "line-down", "line-up", "to-start", "to-end", "next-section", "previous-section", "back",
    "forward", "find", "contents", "language", "theme", "larger", "smaller", "normal-size", "enter-lab", "leave",
    "full-screen", "copy", "model", "help"};

bool belongs_to_lab(ImGuiKeyChord chord) {
  constexpr std::array moving = {ImGuiKey_Space, ImGuiKey_DownArrow, ImGuiKey_UpArrow, ImGuiKey_Home, ImGuiKey_End,
                                 ImGuiKey_PageDown, ImGuiKey_PageUp, ImGuiKey_Enter, ImGuiKey_KeypadEnter};
  return std::find(moving.begin(), moving.end(), chord & ~ImGuiMod_Mask_) != moving.end();
}

// A figure whose parts are walked by the arrow keys holds them while it has the focus.
bool is_owned(ImGuiKeyChord chord) {
  return ImGui::GetKeyOwner(static_cast<ImGuiKey>(chord & ~ImGuiMod_Mask_)) != ImGuiKeyOwner_NoOwner;
}

bool typed_now(char character) {
  const auto& queue = ImGui::GetIO().InputQueueCharacters;
  return character != 0 && std::find(queue.begin(), queue.end(), static_cast<ImWchar>(character)) != queue.end();
}

}  // namespace

std::span<const Key> all_keys() { return kKeys; }

std::string action_name(Action action) { return kNames[static_cast<std::size_t>(action)]; }

std::span<const Action> all_actions() {
  static const auto actions = [] {
    std::array<Action, kNames.size()> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<Action>(i);
    return made;
  }();
  return actions;
}

std::vector<Action> pressed_actions(bool inside) {
  std::vector<Action> pressed;
  const bool typing = ImGui::GetIO().WantTextInput;
  for (const Key& key : kKeys) {
    if (typing && key.action != Action::leave) continue;
    if (belongs_to_lab(key.chord) && (inside || is_owned(key.chord))) continue;
    const bool by_place =
        ImGui::IsKeyChordPressed(key.chord, key.repeats ? ImGuiInputFlags_Repeat : 0, ImGuiKeyOwner_Any);
    if (!by_place && !typed_now(key.typed)) continue;
    if (std::find(pressed.begin(), pressed.end(), key.action) == pressed.end()) pressed.push_back(key.action);
  }
  return pressed;
}

}  // namespace tb::viewer
