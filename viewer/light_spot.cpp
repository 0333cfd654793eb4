#include "viewer/light_spot.h"

#include <limits>

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;
constexpr double kRests = 2.5;                            // seconds
constexpr float kRadius = 1 / 30.f;                       // of the screen's height
constexpr int kRings = 12;

double seconds_since(Clock::time_point time) { return std::chrono::duration<double>(Clock::now() - time).count(); }

}  // namespace

void LightSpot::toggle() {
  on_ = !on_;
  moved_ = Clock::now();
}

void LightSpot::draw(const Theme& theme, ImVec2 screen) {
  const ImGuiIO& io = ImGui::GetIO();
  const bool held = ImGui::IsMouseDown(ImGuiMouseButton_Middle);   // for as long as one points
  if (io.MouseDelta.x != 0 || io.MouseDelta.y != 0 || held || ImGui::IsAnyMouseDown()) moved_ = Clock::now();
  const bool rests = seconds_since(moved_) > kRests;
  in_sight_ = (on_ || held) && !rests && ImGui::IsMousePosValid();
  if (in_sight_ || rests) ImGui::SetMouseCursor(ImGuiMouseCursor_None);
  if (!in_sight_) return;
  const ImVec4 color = to_vec(theme.colors().warn);
  const float radius = screen.y * kRadius;
  ImDrawList& list = *ImGui::GetForegroundDrawList();
  for (int ring = 0; ring < kRings; ++ring) {             // they lie over one another: dense in the middle
    const float part = 1 - static_cast<float>(ring) / kRings;
    list.AddCircleFilled(io.MousePos, radius * part, ImGui::GetColorU32({color.x, color.y, color.z, 0.13f}));
  }
  list.AddCircleFilled(io.MousePos, radius * 0.28f, ImGui::GetColorU32({color.x, color.y, color.z, 0.9f}));
}

double LightSpot::patience() const {
  const double left = kRests - seconds_since(moved_);
  return left > 0 ? left + 0.02 : std::numeric_limits<double>::infinity();
}

}  // namespace tb::viewer
