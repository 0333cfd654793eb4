#include "viewer/panels/lab_cover.h"

#include <algorithm>
#include <cmath>

#include "viewer/widgets/text.h"

namespace tb::viewer {

LabWish draw_cover(const std::string& question, const Theme& theme, float width) {
  const Strings& strings = *theme.strings;
  const figure::Palette& c = theme.colors();
  const float pad = theme.px(22), edge = theme.px(20), title = theme.px(17) * kLeading, text = theme.px(15);
  const float room = std::min(width - 2 * edge, theme.px(460));
  std::vector<std::string> lines;
  for (const std::string_view line : wrap_lines(theme.fonts.ui, text, question, room)) lines.emplace_back(line);
  constexpr std::size_t most = 4;
  if (lines.size() > most) {
    lines.resize(most);
    lines.back() = shortened(theme.fonts.ui, text, lines.back() + " …", room);
  }
  const float buttons = theme.px(30);
  const float height = 2 * pad + title + static_cast<float>(lines.size()) * text * kLeading + theme.px(10) + buttons;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + width, at.y + height}, to_imgui(c.paper), theme.px(6));
  list.AddRect(at, {at.x + width, at.y + height}, to_imgui(c.rule), theme.px(6));
  float y = at.y + pad;
  const auto centered = [&](ImFont* font, float pixels, figure::Color color, const std::string& line) {
    const float x = at.x + (width - label_width(font, pixels, line)) / 2;
    list.AddText(font, pixels, {std::round(x), std::round(y)}, to_imgui(color), line.c_str());
    y += pixels * kLeading;
  };
  centered(theme.fonts.ui_bold, theme.px(17), c.ink, strings.get("cover.title"));
  for (const std::string& line : lines) centered(theme.fonts.ui, text, c.muted, line);
  y += theme.px(10);

  LabWish wish = LabWish::none;
  const std::string go = strings.get("cover.to-question"), show = strings.get("cover.show-anyway");
  const float go_width = ImGui::CalcTextSize(go.c_str()).x + 2 * ImGui::GetStyle().FramePadding.x;
  const float gap = theme.px(12), show_width = label_width(theme.fonts.ui, theme.px(14), show) + theme.px(10);
  ImGui::SetCursorScreenPos({std::round(at.x + (width - go_width - gap - show_width) / 2), y});
  if (ImGui::Button((go + "###to-question").c_str())) wish = LabWish::to_question;
  ImGui::SameLine(0, gap);
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, y + (ImGui::GetFrameHeight() - theme.px(14) - theme.px(10)) / 2});
  if (quiet_button(theme, "###show-anyway", show)) wish = LabWish::show_anyway;
  ImGui::SetItemTooltip("%s", strings.get("cover.show-anyway-tip").c_str());
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({width, height});
  return wish;
}

}  // namespace tb::viewer
