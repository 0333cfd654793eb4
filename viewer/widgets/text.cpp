#include "viewer/widgets/text.h"

#include <algorithm>
#include <cmath>

namespace tb::viewer {

float label_width(ImFont* font, float pixels, std::string_view text) {
  return font->CalcTextSizeA(pixels, 1e9f, 0, text.data(), text.data() + text.size()).x;
}

void draw_label(const Theme& theme, ImFont* font, float size, figure::Color color, std::string_view text) {
  ImGui::PushFont(font, theme.px(size));
  ImGui::PushStyleColor(ImGuiCol_Text, to_imgui(color));
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopStyleColor();
  ImGui::PopFont();
}

std::vector<std::string_view> wrap_lines(ImFont* font, float pixels, std::string_view text, float width) {
  std::vector<std::string_view> lines;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const char* stop = font->CalcWordWrapPosition(pixels, at, end, width);
    if (stop == at) ++stop;                                         // not even one character fits
    const char* newline = std::find(at, stop, '\n');
    lines.emplace_back(at, newline);
    at = newline < stop ? newline + 1 : stop;
    if (at < end && newline == stop && *at == '\n') ++at;
    while (at < end && newline == stop && *at == ' ') ++at;
  }
  return lines;
}

std::string shortened(ImFont* font, float pixels, const std::string& line, float width) {
  if (label_width(font, pixels, line) <= width) return line;
  const float room = width - label_width(font, pixels, "…");
  if (room <= 0) return "";
  return std::string(wrap_lines(font, pixels, line, room).front()) + "…";
}

void draw_wrapped(const Theme& theme, ImFont* font, float size, figure::Color color, std::string_view text,
                  float width) {
  const float pixels = theme.px(size), step = pixels * kLeading;
  const ImVec2 top = ImGui::GetCursorScreenPos();
  float y = top.y + (step - pixels) / 2;
  for (const std::string_view line : wrap_lines(font, pixels, text, width)) {
    ImGui::GetWindowDrawList()->AddText(font, pixels, {top.x, std::round(y)}, to_imgui(color), line.data(),
                                        line.data() + line.size());
    y += step;
  }
  ImGui::Dummy({width, y - (step - pixels) / 2 - top.y});
}

bool quiet_button(const Theme& theme, const char* id, std::string_view text, float size, bool chosen) {
  const figure::Palette& c = theme.colors();
  ImGui::PushFont(theme.fonts.ui, theme.px(size));
  const ImVec2 extent = ImGui::CalcTextSize(text.data(), text.data() + text.size());
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 padding(theme.px(5), theme.px(3));
  const bool clicked = ImGui::InvisibleButton(id, {extent.x + 2 * padding.x, std::max(extent.y + 2 * padding.y, theme.px(24))},
                                              ImGuiButtonFlags_EnableNav);
  const bool lit = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  const figure::Color color = lit ? c.accent : chosen ? c.ink : c.muted;
  if (lit) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  ImGui::GetWindowDrawList()->AddText({at.x + padding.x, at.y + padding.y}, to_imgui(color), text.data(),
                                      text.data() + text.size());
  ImGui::PopFont();
  return clicked;
}

}  // namespace tb::viewer
