#include "viewer/widgets/text.h"

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

void draw_wrapped(const Theme& theme, ImFont* font, float size, figure::Color color, std::string_view text, float width) {
  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
  draw_label(theme, font, size, color, text);
  ImGui::PopTextWrapPos();
}

bool quiet_button(const Theme& theme, const char* id, std::string_view text, float size, bool chosen) {
  const figure::Palette& c = theme.colors();
  ImGui::PushFont(theme.fonts.ui, theme.px(size));
  const ImVec2 extent = ImGui::CalcTextSize(text.data(), text.data() + text.size());
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 padding(theme.px(5), theme.px(3));
  const bool clicked = ImGui::InvisibleButton(id, {extent.x + 2 * padding.x, extent.y + 2 * padding.y},
                                              ImGuiButtonFlags_EnableNav);
  const bool lit = ImGui::IsItemHovered() || ImGui::IsItemFocused();
  const figure::Color color = lit ? c.accent : chosen ? c.ink : c.muted;
  if (lit) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  ImGui::GetWindowDrawList()->AddText({at.x + padding.x, at.y + padding.y}, to_imgui(color), text.data(),
                                      text.data() + text.size());
  ImGui::PopFont();
  return clicked;
}

}  // namespace tb::viewer
