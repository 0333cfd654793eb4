#include "viewer/enlarged_lab.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tb::viewer {

namespace {

constexpr float kWidest = 1080, kAround = 28;             // pixels at scale 1; the latter is paper

}  // namespace

OutOfSight draw_enlarged_lab(Directives& directives, const Theme& theme, ImVec2 origin, ImVec2 size, float& scroll) {
  ImGui::SetCursorScreenPos(origin);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::BeginChild("enlarged", size, ImGuiChildFlags_AlwaysUseWindowPadding);
  ImGui::PopStyleVar();
  if (scroll != 0) ImGui::SetScrollY(ImGui::GetScrollY() + std::exchange(scroll, 0.f));
  directives.begin_frame();
  const float room = ImGui::GetContentRegionAvail().x;
  const float width = std::min(room - 2 * theme.px(kAround), theme.px(kWidest));
  const ImVec2 top = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos({std::round(top.x + (room - width) / 2), top.y + theme.px(kAround)});
  directives.draw_enlarged(width);
  ImGui::Dummy({0, theme.px(kAround)});
  const OutOfSight rest{ImGui::GetScrollY(), ImGui::GetScrollMaxY() - ImGui::GetScrollY()};
  ImGui::EndChild();
  return rest;
}

}  // namespace tb::viewer
