#include "viewer/safe_start.h"

#include <algorithm>

#include "viewer/widgets/text.h"

namespace tb::viewer {

std::optional<AfterBadEnd> draw_safe_start(const Theme& theme, const BadEnd& end) {
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  const ImVec2 all = ImGui::GetWindowSize(), origin = ImGui::GetWindowPos();
  const float width = std::min(theme.px(560), all.x - theme.px(32)), edge = theme.px(20), inner = width - 2 * edge;
  ImGui::SetNextWindowPos({origin.x + (all.x - width) / 2, origin.y + theme.px(24)});
  ImGui::SetNextWindowSizeConstraints({width, 0}, {width, all.y});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(edge, theme.px(16)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.f, theme.scale));
  ImGui::Begin("safe-start", nullptr, ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize |
                                          ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoCollapse |
                                          ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoDocking |
                                          ImGuiWindowFlags_AlwaysAutoResize);
  ImGui::PopStyleVar(2);
  draw_wrapped(theme, theme.fonts.ui_bold, 16, c.ink, strings.get("safe-start.what"), inner);
  ImGui::Dummy({0, theme.px(2)});
  draw_wrapped(theme, theme.fonts.ui, 15, c.ink, strings.get("safe-start.choice"), inner);
  if (!end.log.empty()) {
    draw_wrapped(theme, theme.fonts.ui, 14, c.muted, strings.get("safe-start.log"), inner);
    draw_wrapped(theme, theme.fonts.mono, 12, c.muted, end.log, inner);
  }
  ImGui::Dummy({0, theme.px(6)});
  std::optional<AfterBadEnd> chosen;
  if (ImGui::Button((strings.get("safe-start.go-on") + "###go-on").c_str())) chosen = AfterBadEnd::go_on;
  ImGui::SameLine(0, theme.px(10));
  if (ImGui::Button((strings.get("safe-start.anew") + "###anew").c_str())) chosen = AfterBadEnd::begin_anew;
  ImGui::End();
  ImGui::PopStyleColor();
  return chosen;
}

}  // namespace tb::viewer
