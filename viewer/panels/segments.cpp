#include "viewer/panels/segments.h"

#include <algorithm>
#include <cmath>

#include "viewer/panels/lab_inputs.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float pixels = 14, height = 28, inside = 12, sign_side = 17;

float width_of(const Theme& theme, const Segment& segment) {
  const float content =
      segment.run ? theme.px(sign_side) : label_width(theme.fonts.ui, theme.px(pixels), segment.text);
  return content + 2 * theme.px(inside);
}

}  // namespace

float segments_height(const Theme& theme) { return theme.px(height); }

float segments_width(const Theme& theme, const std::vector<Segment>& segments) {
  float width = 0;
  for (const Segment& segment : segments) width += width_of(theme, segment);
  return width;
}

std::optional<std::size_t> draw_segments(const Theme& theme, const std::vector<Segment>& segments,
                                         std::size_t chosen) {
  const figure::Palette& colors = theme.colors();
  const ImVec2 start = ImGui::GetCursorScreenPos();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float tall = theme.px(height), total = segments_width(theme, segments), round = theme.px(6);
  list.AddRectFilled(start, {start.x + total, start.y + tall}, to_imgui(colors.paper), round);
  list.AddRect(start, {start.x + total, start.y + tall}, to_imgui(colors.rule), round, std::max(1.f, theme.scale));
  std::optional<std::size_t> pressed;
  float x = start.x;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    const float wide = width_of(theme, segment);
    ImGui::SetCursorScreenPos({x, start.y});
    if (ImGui::InvisibleButton(segment.id.c_str(), {wide, tall}, ImGuiButtonFlags_EnableNav)) pressed = i;
    const bool lit = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
    if (lit) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    const float in = theme.px(2);
    if (i == chosen) {
      list.AddRectFilled({x + in, start.y + in}, {x + wide - in, start.y + tall - in},
                         to_imgui(colors.card), theme.px(5));
      list.AddRect({x + in, start.y + in}, {x + wide - in, start.y + tall - in}, to_imgui(colors.accent), theme.px(5),
                   theme.px(1.5f));
    }
    const ImVec2 middle(x + wide / 2, start.y + tall / 2);
    if (segment.run) {
      draw_run_sign(list, theme, segment.run == 'b', middle, theme.px(sign_side));
    } else {
      const figure::Color ink = lit ? colors.accent : i == chosen ? colors.ink : colors.muted;
      const float label = label_width(theme.fonts.ui, theme.px(pixels), segment.text);
      list.AddText(theme.fonts.ui, theme.px(pixels), {middle.x - label / 2, middle.y - theme.px(pixels) * 0.55f},
                   to_imgui(ink), segment.text.c_str());
    }
    draw_tip(theme, segment.tip);
    x += wide;
  }
  ImGui::SetCursorScreenPos({x, start.y});
  return pressed;
}

void draw_run_sign(ImDrawList& list, const Theme& theme, bool of_b, ImVec2 center, float side) {
  const figure::Color color = of_b ? theme.colors().theirs : theme.colors().ours;
  const float half = std::round(side / 2), line = std::max(1.f, theme.px(1.4f));
  const ImVec2 a(std::round(center.x) - half, std::round(center.y) - half), b(a.x + 2 * half, a.y + 2 * half);
  if (!of_b) {
    list.AddRectFilled(a, b, to_imgui(color), theme.px(4));
  } else {
    // Dashes from corner to corner, a whole number of them, so that the corners are always drawn.
    const int dashes = 5;
    const float step = (2 * half) / (2 * dashes - 1);
    for (int i = 0; i < dashes; ++i) {
      const float from = 2 * step * static_cast<float>(i), to = from + step;
      list.AddLine({a.x + from, a.y}, {a.x + to, a.y}, to_imgui(color), line);
      list.AddLine({a.x + from, b.y}, {a.x + to, b.y}, to_imgui(color), line);
      list.AddLine({a.x, a.y + from}, {a.x, a.y + to}, to_imgui(color), line);
      list.AddLine({b.x, a.y + from}, {b.x, a.y + to}, to_imgui(color), line);
    }
  }
  const std::string letter = theme.strings->get(of_b ? "compare.b" : "compare.a");
  const float size = std::round(side * 0.76f), wide = label_width(theme.fonts.ui_bold, size, letter);
  list.AddText(theme.fonts.ui_bold, size, {center.x - wide / 2, center.y - size * 0.53f},
               to_imgui(of_b ? color : theme.colors().card), letter.c_str());
}

}  // namespace tb::viewer
