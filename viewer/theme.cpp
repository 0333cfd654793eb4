#include "viewer/theme.h"

namespace tb::viewer {

namespace {

// Between two colours: 0 gives a, 1 gives b.
ImVec4 mix(figure::Color a, figure::Color b, float t, float alpha = 1) {
  const ImVec4 u = to_vec(a), v = to_vec(b);
  return ImVec4(u.x + (v.x - u.x) * t, u.y + (v.y - u.y) * t, u.z + (v.z - u.z) * t, alpha);
}

ImVec4 faded(figure::Color c, float alpha) {
  ImVec4 v = to_vec(c);
  v.w = alpha;
  return v;
}

void set_metrics(ImGuiStyle& style, const Theme& theme) {
  const auto px = [&](float size) { return theme.px(size); };
  style.FontSizeBase = style._NextFrameFontSizeBase = theme.px(theme.sizes.ui);   // ImGui undoes it within a frame
  style.FontScaleMain = style.FontScaleDpi = 1;      // sizes are pushed in final pixels
  style.WindowPadding = {px(12), px(9)};             // tooltips and popups; the reader's own windows have none
  style.FramePadding = {px(10), px(6)};
  style.ItemSpacing = {px(10), px(8)};
  style.ItemInnerSpacing = {px(7), px(5)};
  style.CellPadding = {px(8), px(5)};
  style.IndentSpacing = px(18);
  style.ScrollbarSize = px(11);
  style.ScrollbarPadding = px(3);
  style.GrabMinSize = px(14);
  style.WindowRounding = 0;
  style.ChildRounding = px(6);
  style.FrameRounding = px(5);
  style.PopupRounding = px(6);
  style.ScrollbarRounding = px(6);
  style.GrabRounding = px(5);
  style.TabRounding = px(5);
  style.WindowBorderSize = 0;
  style.ChildBorderSize = 1;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 1;
  style.TabBorderSize = 0;
  style.SeparatorTextBorderSize = 1;
  style.DisabledAlpha = 0.45f;
  style.HoverStationaryDelay = 0.08f;
  style.HoverDelayShort = 0.1f;
  style.HoverDelayNormal = 0.3f;
}

void set_colors(ImGuiStyle& style, const figure::Palette& c) {
  const ImVec4 none(0, 0, 0, 0);
  ImVec4* to = style.Colors;
  to[ImGuiCol_Text] = to_vec(c.ink);
  to[ImGuiCol_TextDisabled] = to_vec(c.muted);
  to[ImGuiCol_WindowBg] = to_vec(c.paper);
  to[ImGuiCol_ChildBg] = none;
  to[ImGuiCol_PopupBg] = to_vec(c.card);
  to[ImGuiCol_Border] = to_vec(c.rule);
  to[ImGuiCol_BorderShadow] = none;
  to[ImGuiCol_FrameBg] = to_vec(c.paper);
  to[ImGuiCol_FrameBgHovered] = mix(c.paper, c.accent, 0.05f);
  to[ImGuiCol_FrameBgActive] = mix(c.paper, c.accent, 0.08f);
  to[ImGuiCol_ScrollbarBg] = none;
  to[ImGuiCol_ScrollbarGrab] = mix(c.paper, c.muted, 0.3f);
  to[ImGuiCol_ScrollbarGrabHovered] = mix(c.paper, c.muted, 0.5f);
  to[ImGuiCol_ScrollbarGrabActive] = mix(c.paper, c.muted, 0.7f);
  to[ImGuiCol_CheckMark] = to_vec(c.accent);
  to[ImGuiCol_SliderGrab] = to_vec(c.accent);
  to[ImGuiCol_SliderGrabActive] = mix(c.accent, c.ink, 0.25f);
  to[ImGuiCol_Button] = to_vec(c.paper);
  to[ImGuiCol_ButtonHovered] = mix(c.paper, c.accent, 0.08f);   // muted notes are read on it
  to[ImGuiCol_ButtonActive] = mix(c.paper, c.accent, 0.2f);
  to[ImGuiCol_Header] = mix(c.paper, c.accent, 0.1f);
  to[ImGuiCol_HeaderHovered] = mix(c.paper, c.accent, 0.14f);
  to[ImGuiCol_HeaderActive] = mix(c.paper, c.accent, 0.2f);
  to[ImGuiCol_Separator] = to_vec(c.rule);
  to[ImGuiCol_SeparatorHovered] = to_vec(c.accent);
  to[ImGuiCol_SeparatorActive] = to_vec(c.accent);
  to[ImGuiCol_ResizeGrip] = none;
  to[ImGuiCol_ResizeGripHovered] = none;
  to[ImGuiCol_ResizeGripActive] = none;
  to[ImGuiCol_Tab] = none;
  to[ImGuiCol_TabHovered] = mix(c.paper, c.accent, 0.14f);
  to[ImGuiCol_TabSelected] = mix(c.paper, c.accent, 0.1f);
  to[ImGuiCol_TableHeaderBg] = none;
  to[ImGuiCol_TableBorderStrong] = to_vec(c.rule);
  to[ImGuiCol_TableBorderLight] = to_vec(c.rule);
  to[ImGuiCol_TableRowBg] = none;
  to[ImGuiCol_TableRowBgAlt] = none;
  to[ImGuiCol_TextLink] = to_vec(c.accent);
  to[ImGuiCol_TextSelectedBg] = faded(c.accent, 0.25f);
  to[ImGuiCol_InputTextCursor] = to_vec(c.accent);
  to[ImGuiCol_NavCursor] = to_vec(c.accent);
  to[ImGuiCol_ModalWindowDimBg] = faded(c.ink, 0.25f);
  to[ImGuiCol_PlotHistogram] = to_vec(c.accent);
}

}  // namespace

void apply_style(const Theme& theme) {
  ImGuiStyle& style = ImGui::GetStyle();
  style = ImGuiStyle();
  set_metrics(style, theme);
  set_colors(style, theme.colors());
}

void draw_glyphs_densely() {
  const ImGuiIO& io = ImGui::GetIO();
  for (ImFont* font : io.Fonts->Fonts) font->CurrentRasterizerDensity = io.DisplayFramebufferScale.x;
}

}  // namespace tb::viewer
