#include "viewer/widgets/icon.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tb::viewer {

namespace {

// Coordinates from -1 to 1, x to the right and y down.
struct Pen {
  ImDrawList& list;
  ImVec2 center;
  float half;
  ImU32 color;

  float width() const { return std::max(1.f, half * 0.19f); }
  ImVec2 at(ImVec2 p) const { return {center.x + p.x * half, center.y + p.y * half}; }
  void line(const std::vector<ImVec2>& points) const {
    for (const ImVec2 p : points) list.PathLineTo(at(p));
    list.PathStroke(color, width());
  }
  // A link of a chain: a long ring around `middle` with round ends, turned by an eighth, open where the other one is.
  void ring(ImVec2 middle, float direction) const {
    constexpr float radius = 0.36f, reach = 0.34f, eighth = 0.78539816f, quarter = 2 * eighth;
    const ImVec2 along(std::cos(-eighth) * direction, std::sin(-eighth) * direction);
    const auto turn = [&](float x, float y) {   // x along the chain
      return ImVec2(middle.x + along.x * x - along.y * y, middle.y + along.y * x + along.x * y);
    };
    const float start = std::atan2(along.y, along.x);
    list.PathLineTo(at(turn(-reach, -radius)));
    list.PathLineTo(at(turn(reach, -radius)));
    list.PathArcTo(at(turn(reach, 0)), radius * half, start - quarter, start + quarter);
    list.PathLineTo(at(turn(-reach, radius)));
    list.PathStroke(color, width());
  }
};

}  // namespace

void draw_icon(ImDrawList& list, Icon icon, ImVec2 center, float side, ImU32 color) {
  const Pen pen{list, center, side / 2, color};
  switch (icon) {
    case Icon::save:   // down into a tray
      pen.line({{0, -0.85f}, {0, 0.3f}});
      pen.line({{-0.42f, -0.12f}, {0, 0.3f}, {0.42f, -0.12f}});
      pen.line({{-0.8f, 0.3f}, {-0.8f, 0.8f}, {0.8f, 0.8f}, {0.8f, 0.3f}});
      break;
    case Icon::link:
      pen.ring({0.3f, -0.3f}, 1);
      pen.ring({-0.3f, 0.3f}, -1);
      pen.line({{-0.25f, 0.25f}, {0.25f, -0.25f}});
      break;
    case Icon::compare:   // two cards, one of them on the other
      list.AddRectFilled(pen.at({-0.85f, -0.8f}), pen.at({0.25f, 0.3f}), color, side * 0.08f);
      list.AddRect(pen.at({-0.2f, -0.25f}), pen.at({0.9f, 0.85f}), color, side * 0.08f, pen.width());
      break;
    case Icon::pin:   // a page with something beside its text
      list.AddRect(pen.at({-0.9f, -0.75f}), pen.at({0.9f, 0.75f}), color, side * 0.08f, pen.width());
      list.AddRectFilled(pen.at({0.2f, -0.75f}), pen.at({0.9f, 0.75f}), color, side * 0.08f, ImDrawFlags_RoundRight);
      pen.line({{-0.6f, -0.3f}, {-0.1f, -0.3f}});
      pen.line({{-0.6f, 0.2f}, {-0.1f, 0.2f}});
      break;
    case Icon::right:
      pen.line({{-0.75f, 0.05f}, {-0.2f, 0.6f}, {0.8f, -0.6f}});
      break;
    case Icon::wrong:
      pen.line({{-0.55f, -0.55f}, {0.55f, 0.55f}});
      pen.line({{-0.55f, 0.55f}, {0.55f, -0.55f}});
      break;
    case Icon::bookmark:   // a ribbon that hangs over a page's edge
      pen.line({{-0.5f, -0.85f}, {0.5f, -0.85f}, {0.5f, 0.85f}, {0, 0.35f}, {-0.5f, 0.85f}, {-0.5f, -0.85f}});
      break;
    case Icon::note:   // a slip of paper with a corner turned
      pen.line({{-0.75f, -0.75f}, {0.75f, -0.75f}, {0.75f, 0.25f}, {0.25f, 0.75f}, {-0.75f, 0.75f}, {-0.75f, -0.75f}});
      pen.line({{0.75f, 0.25f}, {0.25f, 0.25f}, {0.25f, 0.75f}});
      break;
    case Icon::enlarge:
    case Icon::shrink:   // two arrows apart, or towards each other
      for (const float s : {-1.f, 1.f}) {
        const ImVec2 tip = icon == Icon::enlarge ? ImVec2(s * 0.78f, -s * 0.78f) : ImVec2(s * 0.14f, -s * 0.14f);
        const ImVec2 tail = icon == Icon::enlarge ? ImVec2(s * 0.14f, -s * 0.14f) : ImVec2(s * 0.78f, -s * 0.78f);
        const float back = icon == Icon::enlarge ? -s * 0.5f : s * 0.5f;
        pen.line({tail, tip});
        pen.line({{tip.x + back, tip.y}, tip, {tip.x, tip.y - back}});
      }
      break;
  }
}

}  // namespace tb::viewer
