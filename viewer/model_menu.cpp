#include "viewer/model_menu.h"

#include <algorithm>

#include "viewer/status_line.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

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
  const float rows = static_cast<float>(choices_.size());
  const ImVec2 card(std::min(theme.px(460), all.x - theme.px(32)),
                    std::min(theme.px(86 + 30 * rows), all.y - theme.px(64)));
  // A window of its own: as a part of ours it would lie under contents and page.
  ImGui::SetNextWindowPos({origin.x + theme.px(14), origin.y + all.y - theme.px(kStatusHeight + 8) - card.y});
  ImGui::SetNextWindowSize(card);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(theme.px(20), theme.px(14)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.f, theme.scale));
  ImGui::Begin("models", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                      ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoDocking);
  draw_label(theme, theme.fonts.ui_bold, 15, c.ink, strings.get("model-menu.title"));
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const ModelChoice& choice = choices_[i];
    const bool here = model.info && model.info->path == choice.options.path;
    ImGui::PushID(static_cast<int>(i));
    const std::string text = (i < 9 ? std::to_string(i + 1) + "   " : "    ") + choice.name;
    if (quiet_button(theme, choice.name.c_str(), text, 14, here)) chosen = i;
    if (choice.error) {
      ImGui::SameLine(0, theme.px(12));
      draw_label(theme, theme.fonts.ui, 13, c.warn, describe(*choice.error, strings).what);
    }
    ImGui::PopID();
  }
  draw_wrapped(theme, theme.fonts.ui, 13, c.muted, strings.get("model-menu.more"), card.x - theme.px(40));
  // A pressed button is an active item: without the flag a click into the menu would count as one beside it.
  const bool inside = ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  const bool elsewhere = ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !inside && !ImGui::IsWindowAppearing();
  ImGui::End();
  ImGui::PopStyleVar(2);
  ImGui::PopStyleColor();

  if (elsewhere) close();
  if (!chosen || choices_[*chosen].error) return std::nullopt;
  close();
  return choices_[*chosen];
}

}  // namespace tb::viewer
