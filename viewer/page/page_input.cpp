// The mouse and the keys on the page.
#include <algorithm>
#include <cmath>

#include "viewer/page/page_state.h"

namespace tb::viewer {

namespace {

constexpr float wheel_lines = 3;

// True if a lab's own scrolling part is under the mouse: the wheel belongs to it.
bool inner_window_takes_wheel(const ImGuiWindow* page) {
  for (const ImGuiWindow* w = ImGui::GetCurrentContext()->HoveredWindow; w && w != page; w = w->ParentWindow)
    if (w->ScrollMax.y > 0 && !(w->Flags & ImGuiWindowFlags_NoScrollWithMouse)) return true;
  return false;
}

}  // namespace

void Page::State::take_wheel(const Theme& theme, ImGuiWindow* window) {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.MouseWheel == 0 || io.KeyCtrl || !ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows)) return;
  if (inner_window_takes_wheel(window)) return;
  pinned.reset();
  scroller.glide(
      std::clamp(scroller.target() - io.MouseWheel * wheel_lines * theme.px(theme.sizes.leading), 0.f, limit(theme)));
}

std::optional<std::string> Page::State::handle_mouse(const Theme& theme, DirectiveHost& host, ImVec2 view, float left) {
  const ImGuiIO& io = ImGui::GetIO();
  const float x = io.MousePos.x - left, y = io.MousePos.y - view.y - std::round(theme.px(top_margin)) + window_scroll;
  const bool over = ImGui::IsItemHovered();
  const Fragment* fragment = over || ImGui::IsItemActive() ? fragment_at(x, y) : nullptr;
  const int link = fragment ? fragment->link : -1;
  const std::string* beside = over ? note_link_at(theme, io.MousePos) : nullptr;
  hovered.reset();
  hovered_symbol = over && fragment ? symbol_at(*fragment, io.MousePos) : std::nullopt;
  if (beside) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (over && link >= 0) {
    const Strip& strip = layout.strips[layout.strip_with(fragment->range.begin)];
    hovered = place_of(flow, strip, layout.lines[layout.line_with(fragment->range.begin)], *fragment);
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    const std::string tip = host.link_tip(flow.links[static_cast<std::size_t>(link)]);
    if (!tip.empty() && !ImGui::IsItemActive()) {
      ImGui::BeginTooltip();
      ImGui::PushTextWrapPos(theme.px(360));
      ImGui::TextUnformatted(tip.c_str());
      ImGui::PopTextWrapPos();
      ImGui::EndTooltip();
    }
  } else if (over && fragment) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_TextInput);
  }
  dragging_beyond = false;
  if (ImGui::IsItemActivated()) {
    pressed_link = link;
    pressed_beside = beside ? *beside : "";
    marked.clear();
    selection.press(flow, offset_at_point(flow, layout, x, y), io.MouseClickedCount[0], io.KeyShift);
  } else if (ImGui::IsItemActive() && ImGui::IsMouseDragging(ImGuiMouseButton_Left, 2)) {
    selection.drag(flow, offset_at_point(flow, layout, x, y));
    // Beyond the edge the page follows.
    const float beyond = std::min(0.f, io.MousePos.y - view.y) + std::max(0.f, io.MousePos.y - view.y - view_height);
    dragging_beyond = beyond != 0;
    if (dragging_beyond) {
      pinned.reset();
      scroller.jump(std::clamp(scroller.position() + beyond * 8 * io.DeltaTime, 0.f, limit(theme)));
    }
  }
  if (ImGui::IsItemDeactivated() && beside && *beside == pressed_beside) return *beside;
  if (ImGui::IsItemDeactivated() && link >= 0 && link == pressed_link && selection.range().empty())
    return flow.links[static_cast<std::size_t>(link)];
  return std::nullopt;
}

void Page::State::handle_keys() {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.WantTextInput) return;
  if (ImGui::IsKeyChordPressed(ImGuiMod_Ctrl | ImGuiKey_A)) selection.select_all(flow);
  if (ImGui::IsKeyChordPressed(ImGuiMod_Ctrl | ImGuiKey_C)) copy();
}

void Page::State::copy() const {
  if (!selection.range().empty()) ImGui::SetClipboardText(std::string(flow[selection.range()]).c_str());
}

}  // namespace tb::viewer
