#include "viewer/widgets/pick_list.h"

#include <algorithm>
#include <cmath>

#include <misc/cpp/imgui_stdlib.h>

#include "viewer/widgets/icon.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float kFieldHeight = 54, kListPadding = 8;        // at scale 1

float height_of(const PickSource& source) {
  float sum = 0;
  for (std::size_t i = 0; i < source.rows(); ++i) sum += source.height(i);
  return sum;
}

}  // namespace

float PickList::width(const Theme& theme) {
  return std::min(theme.px(720), ImGui::GetMainViewport()->Size.x - theme.px(32));
}

void PickList::open() {
  open_ = appearing_ = show_chosen_ = true;
  chosen_ = 0;
}

// To the next row in a direction that can be picked, so many times; stays where there is none.
void PickList::choose(const PickSource& source, std::ptrdiff_t steps) {
  const auto count = static_cast<std::ptrdiff_t>(source.rows());
  const std::ptrdiff_t direction = steps < 0 ? -1 : 1;
  for (; steps != 0; steps -= direction) {
    auto next = static_cast<std::ptrdiff_t>(chosen_) + direction;
    while (next >= 0 && next < count && !source.can_pick(static_cast<std::size_t>(next))) next += direction;
    if (next < 0 || next >= count) break;
    chosen_ = static_cast<std::size_t>(next);
  }
  show_chosen_ = true;
}

void PickList::draw_field(const Theme& theme, const std::string& hint, PickSource& source, float width) {
  const figure::Palette& c = theme.colors();
  const float pad = theme.px(18);
  const std::string note = source.note();
  const float note_width = note.empty() ? 0 : label_width(theme.fonts.ui, theme.px(13), note) + theme.px(12);
  const ImVec2 top = ImGui::GetCursorScreenPos();
  ImGui::PushFont(theme.fonts.ui, theme.px(18));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(0, theme.px(4)));
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 0.f);
  ImGui::PushStyleColor(ImGuiCol_FrameBg, to_imgui(c.card));
  ImGui::PushStyleColor(ImGuiCol_NavCursor, to_imgui(c.card));
  ImGui::SetCursorScreenPos({top.x + pad, top.y + (theme.px(kFieldHeight) - ImGui::GetFrameHeight()) / 2});
  ImGui::SetNextItemWidth(width - 2 * pad - note_width);
  // The field never loses the keyboard while the card is open: arrows and Enter are read beside it.
  if (appearing_ || !ImGui::IsAnyItemActive()) ImGui::SetKeyboardFocusHere();
  ImGui::InputTextWithHint("###text", hint.c_str(), &text_, ImGuiInputTextFlags_AutoSelectAll);
  const bool edited = ImGui::IsItemEdited();
  ImGui::PopStyleColor(2);
  ImGui::PopStyleVar(2);
  ImGui::PopFont();
  if (appearing_ || edited || stale_) {
    source.typed(text_);
    chosen_ = 0;
    if (source.rows() > 0 && !source.can_pick(0)) choose(source, 1);
    show_chosen_ = true;
  }
  appearing_ = stale_ = false;
  ImGui::GetWindowDrawList()->AddText(
      theme.fonts.ui, theme.px(13),
      {std::round(top.x + width - pad - note_width + theme.px(12)),
       std::round(top.y + theme.px(kFieldHeight - 15) / 2)},
      to_imgui(c.muted), note.c_str());
}

std::optional<std::size_t> PickList::draw_rows(const Theme& theme, PickSource& source, ImVec2 size) {
  const figure::Palette& c = theme.colors();
  std::optional<std::size_t> picked;
  const auto pressed = [](ImGuiKey key) { return ImGui::IsKeyPressed(key, true); };
  if (pressed(ImGuiKey_DownArrow)) choose(source, 1);
  if (pressed(ImGuiKey_UpArrow)) choose(source, -1);
  if (pressed(ImGuiKey_PageDown)) choose(source, 8);
  if (pressed(ImGuiKey_PageUp)) choose(source, -8);
  chosen_ = std::min(chosen_, std::max<std::size_t>(source.rows(), 1) - 1);
  std::optional<std::size_t> removed;
  if (ImGui::IsKeyChordPressed(ImGuiMod_Shift | ImGuiKey_Delete) && chosen_ < source.rows() && source.can_remove(chosen_))
    removed = chosen_;
  const bool entered = ImGui::IsKeyPressed(ImGuiKey_Enter, false) || ImGui::IsKeyPressed(ImGuiKey_KeypadEnter, false);
  if (entered && chosen_ < source.rows() && source.can_pick(chosen_)) picked = chosen_;

  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::BeginChild("rows", size, ImGuiChildFlags_None, ImGuiWindowFlags_NoNav);
  const float width = ImGui::GetContentRegionAvail().x, view = ImGui::GetWindowHeight();
  const bool mouse_moved = ImGui::GetIO().MouseDelta.x != 0 || ImGui::GetIO().MouseDelta.y != 0;
  float y = 0;
  for (std::size_t i = 0; i < source.rows(); ++i) {
    const float height = source.height(i), scroll = ImGui::GetScrollY();
    if (i == chosen_ && show_chosen_) {
      if (y < scroll) ImGui::SetScrollY(y);
      if (y + height > scroll + view) ImGui::SetScrollY(y + height - view);
      if (i == 0 || (i == 1 && !source.can_pick(0))) ImGui::SetScrollY(0);   // with the title above it
      show_chosen_ = false;
    }
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (y + height < scroll - view || y > scroll + 2 * view) {               // far out of sight
      ImGui::Dummy({width, height});
    } else {
      bool hovered = false;
      if (source.can_pick(i)) {
        if (ImGui::InvisibleButton(("row-" + std::to_string(i)).c_str(), {width, height})) picked = i;
        hovered = ImGui::IsItemHovered();
        if (hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
        if (hovered && mouse_moved) chosen_ = i;
      } else {
        ImGui::Dummy({width, height});
      }
      if (i == chosen_ && source.can_pick(i)) {
        ImDrawList* const lines = ImGui::GetWindowDrawList();
        lines->AddRectFilled({at.x + theme.px(8), at.y}, {at.x + width - theme.px(8), at.y + height},
                             ImGui::GetColorU32(ImGuiCol_ButtonHovered), theme.px(5));
        lines->AddRectFilled({at.x, at.y + theme.px(4)}, {at.x + theme.px(3), at.y + height - theme.px(4)},
                             to_imgui(c.accent), theme.px(2));
      }
      source.draw_row(i, at, width);
      if (source.can_remove(i) && (i == chosen_ || hovered)) {
        const float side = theme.px(40);
        const ImVec2 center(at.x + width - theme.px(32), at.y + height / 2), mouse = ImGui::GetIO().MousePos;
        const bool lit = hovered && mouse.x >= center.x - side / 2;
        draw_icon(*ImGui::GetWindowDrawList(), Icon::wrong, center, theme.px(13), to_imgui(lit ? c.warn : c.muted));
        if (lit && picked == i) {
          picked.reset();
          removed = i;
        }
      }
    }
    y += height;
  }
  ImGui::EndChild();
  ImGui::PopStyleVar(2);
  if (removed) source.remove(*removed);
  return picked;
}

std::optional<std::size_t> PickList::draw(const Theme& theme, const char* id, const std::string& hint,
                                          PickSource& source) {
  if (!open_) return std::nullopt;
  const figure::Palette& c = theme.colors();
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 origin = viewport->Pos, all = viewport->Size;
  ImGui::SetNextWindowPos(origin);
  ImGui::SetNextWindowSize(all);
  if (appearing_) ImGui::SetNextWindowFocus();
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ImGui::GetColorU32(ImGuiCol_ModalWindowDimBg));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0.f);
  ImGui::Begin(id, nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                                ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoNav);
  ImGui::PopStyleVar();

  const float width = PickList::width(theme);
  const float top = std::round(std::min(theme.px(72), all.y * 0.1f)), field = theme.px(kFieldHeight);
  const float most = all.y - 2 * top - field;
  // As high as what is in it, but with room for a few rows, so that typing does not make it jump about.
  const float least = theme.px(120);
  const float list = std::clamp(height_of(source) + 2 * theme.px(kListPadding), least, std::max(most, least));
  ImGui::SetCursorScreenPos({std::round(origin.x + (all.x - width) / 2), origin.y + top});
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_imgui(c.card));
  ImGui::BeginChild("card", {width, field + list}, ImGuiChildFlags_Borders,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoNav);
  const ImVec2 corner = ImGui::GetWindowPos();
  ImGui::SetCursorScreenPos(corner);
  draw_field(theme, hint, source, width);
  ImGui::GetWindowDrawList()->AddRectFilled({corner.x, corner.y + field}, {corner.x + width, corner.y + field + 1},
                                            to_imgui(c.rule));
  ImGui::SetCursorScreenPos({corner.x, corner.y + field + theme.px(kListPadding)});
  const auto picked = draw_rows(theme, source, {width, list - 2 * theme.px(kListPadding)});
  ImGui::EndChild();
  ImGui::PopStyleColor();

  const bool elsewhere = ImGui::IsWindowHovered() && ImGui::IsMouseClicked(ImGuiMouseButton_Left);
  ImGui::End();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
  if (elsewhere || picked) close();
  return picked;
}

}  // namespace tb::viewer
