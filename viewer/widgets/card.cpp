#include "viewer/widgets/card.h"

#include <algorithm>
#include <cmath>

namespace tb::viewer {

void begin_card(const Theme& theme, const char* name, const CardPlace& place, bool held, bool appearing) {
  const float pad = theme.px(card_padding), gap = theme.px(6), edge = theme.px(12);
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 low = viewport->Pos, high(low.x + viewport->Size.x, low.y + viewport->Size.y);
  const ImVec2 size{place.inside.x + 2 * pad, std::min(place.inside.y + 2 * pad, high.y - low.y - 2 * edge)};
  const float x = std::clamp(place.min.x - pad, low.x + edge, std::max(low.x + edge, high.x - size.x - edge));
  const bool below = place.max.y + gap + size.y + edge < high.y - theme.px(30);
  const float y = below ? place.max.y + gap : std::max(low.y + edge, place.min.y - gap - size.y);
  ImGui::SetNextWindowPos({std::round(x), std::round(y)});
  ImGui::SetNextWindowSize(size);
  if (appearing) ImGui::SetNextWindowFocus();
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_imgui(theme.colors().card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(pad, pad));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.f, theme.scale));
  ImGui::Begin(name, nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoNav |
                   (held ? ImGuiWindowFlags_None : ImGuiWindowFlags_NoInputs));
  ImGui::PopStyleVar(2);
}

void end_card() {
  ImGui::End();
  ImGui::PopStyleColor();
}

}  // namespace tb::viewer
