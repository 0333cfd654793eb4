#include "viewer/panels/lab_examples.h"

#include <imgui.h>

#include "viewer/panels/lab_inputs.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float pixels = 14, gap = 6;

// True where it was clicked.
bool draw_chip(const Theme& theme, const std::string& id, const std::string& name, bool chosen, float width) {
  const figure::Palette& colors = theme.colors();
  ImGui::PushStyleColor(ImGuiCol_Text, to_imgui(chosen ? colors.accent : colors.ink));
  ImGui::PushStyleColor(ImGuiCol_Border, to_imgui(chosen ? colors.accent : colors.rule));
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, theme.px(1));
  const bool clicked = ImGui::Button((name + id).c_str(), {width, 0});
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(2);
  return clicked;
}

}  // namespace

void draw_examples(LabInstance& lab, const Theme& theme, float width) {
  if (lab.examples().empty()) return;
  ImGui::PushFont(theme.fonts.ui, theme.px(pixels));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {theme.px(9), theme.px(3)});
  ImGui::PushStyleVar(ImGuiStyleVar_FrameRounding, theme.px(12));
  const float left = ImGui::GetCursorScreenPos().x, row = ImGui::GetFrameHeight() + theme.px(gap);
  const float padding = 2 * ImGui::GetStyle().FramePadding.x;
  ImVec2 at = ImGui::GetCursorScreenPos();
  std::size_t number = 0;
  for (const LabExample& example : lab.examples()) {
    const std::string name = shortened(theme.fonts.ui, theme.px(pixels), example.name, width - padding);
    const float wide = label_width(theme.fonts.ui, theme.px(pixels), name) + padding;
    if (at.x > left && at.x + wide > left + width) at = {left, at.y + row};
    ImGui::SetCursorScreenPos(at);
    const bool chosen = lab.inputs() == example.inputs;
    if (draw_chip(theme, "###example-" + std::to_string(number++), name, chosen, wide)) lab.edit_all(example.inputs);
    if (name != example.name) draw_tip(theme, example.name);
    at.x += wide + theme.px(gap);
  }
  ImGui::PopStyleVar(2);
  ImGui::PopFont();
  ImGui::SetCursorScreenPos({left, at.y + row});
  ImGui::Dummy({width, 0});
}

}  // namespace tb::viewer
