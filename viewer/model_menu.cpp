#include "viewer/model_menu.h"

#include <algorithm>
#include <cmath>

#include "viewer/status_line.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

// A model: the key that chooses it, its name, and why it cannot be loaded. The one at hand is marked as the contents
// mark a place.
bool row(const Theme& theme, const ModelChoice& choice, std::size_t index, float width, bool here) {
  const figure::Palette& c = theme.colors();
  ImFont* const font = theme.fonts.ui;
  const float pixels = theme.px(14), height = theme.px(28), name_at = theme.px(42), edge = theme.px(20);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool clicked = ImGui::InvisibleButton(choice.name.c_str(), {width, height}, ImGuiButtonFlags_EnableNav);
  ImDrawList* const lines = ImGui::GetWindowDrawList();
  const bool lit = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (lit && !choice.error) {
    lines->AddRectFilled({at.x + theme.px(8), at.y}, {at.x + width - theme.px(8), at.y + height},
                         ImGui::GetColorU32(ImGuiCol_ButtonHovered), theme.px(5));
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  }
  if (here)
    lines->AddRectFilled({at.x, at.y + theme.px(3)}, {at.x + theme.px(3), at.y + height - theme.px(3)},
                         to_imgui(c.accent), theme.px(2));
  const auto write = [&](float x, float size, figure::Color color, const std::string& text) {
    lines->AddText(font, size, {at.x + x, std::round(at.y + (height - size) / 2)}, to_imgui(color), text.c_str());
  };
  if (index < 9) write(edge, pixels, c.muted, std::to_string(index + 1));
  const float room = width - name_at - edge;
  const std::string name = shortened(font, pixels, choice.name, choice.error ? room * 0.4f : room);
  write(name_at, pixels, here ? c.accent : choice.error ? c.muted : c.ink, name);
  if (choice.error) {
    const float why_at = name_at + label_width(font, pixels, name) + theme.px(12), small = theme.px(13);
    const std::string why = describe(*choice.error, *theme.strings).what;
    write(why_at, small, c.warn, shortened(font, small, why, width - edge - why_at));
    error_tooltip(theme, *choice.error);
  }
  return clicked;
}

}  // namespace

void ModelMenu::open(const ListModels& list) {
  if (!list) return;
  choices_ = list();
  open_ = true;
}

std::optional<ModelChoice> ModelMenu::draw(const Theme& theme, const ModelView& model) {
  if (!open_) return std::nullopt;
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  std::optional<std::size_t> chosen;
  for (std::size_t i = 0; i < std::min<std::size_t>(choices_.size(), 9); ++i)
    if (ImGui::IsKeyPressed(static_cast<ImGuiKey>(ImGuiKey_1 + i), false)) chosen = i;

  const ImVec2 all = ImGui::GetWindowSize(), origin = ImGui::GetWindowPos();
  const float width = std::min(theme.px(460), all.x - theme.px(32)), edge = theme.px(20);
  const float foot = origin.y + all.y - theme.px(kStatusHeight + 8);
  // A window of its own: as a part of ours it would lie under contents and page. It is as high as what is in it.
  ImGui::SetNextWindowPos({origin.x + theme.px(14), foot}, ImGuiCond_Always, {0, 1});
  ImGui::SetNextWindowSizeConstraints({width, 0}, {width, foot - origin.y - theme.px(16)});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, theme.px(14)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.f, theme.scale));
  ImGui::Begin("models", nullptr, ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                                      ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings |
                                      ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_AlwaysAutoResize);
  ImGui::PopStyleVar(2);   // a tooltip over a row has its own
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::SetCursorPosX(edge);
  draw_label(theme, theme.fonts.ui_bold, 15, c.ink, strings.get("model-menu.title"));
  ImGui::Dummy({0, theme.px(8)});
  for (std::size_t i = 0; i < choices_.size(); ++i)
    if (row(theme, choices_[i], i, width, model.info && model.info->path == choices_[i].options.path)) chosen = i;
  ImGui::Dummy({0, theme.px(8)});
  ImGui::SetCursorPosX(edge);
  draw_wrapped(theme, theme.fonts.ui, 13, c.muted, strings.get("model-menu.more"), width - 2 * edge);
  // A pressed button is an active item: without the flag a click into the menu would count as one beside it.
  const bool inside = ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  const bool elsewhere = ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !inside && !ImGui::IsWindowAppearing();
  ImGui::PopStyleVar();
  ImGui::End();
  ImGui::PopStyleColor();

  if (elsewhere) close();
  if (!chosen || choices_[*chosen].error) return std::nullopt;
  close();
  return choices_[*chosen];
}

}  // namespace tb::viewer
