#include "viewer/widgets/error_card.h"

#include "viewer/widgets/text.h"

namespace tb::viewer {

bool draw_error_card(const Theme& theme, const Error& error, float width, const char* retry) {
  const figure::Palette& c = theme.colors();
  const Message message = describe(error, *theme.strings);
  const float pad = theme.px(16), inner = width - 2 * pad;
  ImDrawList* lines = ImGui::GetWindowDrawList();
  const ImVec2 top = ImGui::GetCursorScreenPos();

  // The card's height is known only after its text: text goes to the upper channel, the ground under it afterwards.
  ImDrawListSplitter channels;   // its own, since the caller may be splitting too
  channels.Split(lines, 2);
  channels.SetCurrentChannel(lines, 1);
  ImGui::PushID(error.code.c_str());
  ImGui::SetCursorScreenPos({top.x + pad, top.y + pad});
  ImGui::BeginGroup();
  draw_wrapped(theme, theme.fonts.ui_bold, theme.sizes.ui, c.ink, message.what, inner);
  if (!message.remedy.empty()) draw_wrapped(theme, theme.fonts.ui, theme.sizes.ui, c.ink, message.remedy, inner);
  if (!message.where.empty()) draw_wrapped(theme, theme.fonts.mono, 13, c.muted, message.where, inner);
  const bool pressed = retry && ImGui::Button(retry);
  ImGui::EndGroup();
  const float bottom = ImGui::GetItemRectMax().y + pad;
  ImGui::PopID();

  channels.SetCurrentChannel(lines, 0);
  lines->AddRectFilled(top, {top.x + width, bottom}, to_imgui(c.card), theme.px(6));
  lines->AddRect(top, {top.x + width, bottom}, to_imgui(c.rule), theme.px(6));
  lines->AddRectFilled(top, {top.x + theme.px(3), bottom}, to_imgui(c.warn), theme.px(6), ImDrawFlags_RoundLeft);
  channels.Merge(lines);
  ImGui::SetCursorScreenPos(top);
  ImGui::Dummy({width, bottom - top.y});
  return pressed;
}

void error_tooltip(const Theme& theme, const Error& error) {
  if (!ImGui::BeginItemTooltip()) return;
  const Message message = describe(error, *theme.strings);
  const figure::Palette& c = theme.colors();
  const float width = theme.px(420);
  draw_wrapped(theme, theme.fonts.ui_bold, 14, c.ink, message.what, width);
  if (!message.remedy.empty()) draw_wrapped(theme, theme.fonts.ui, 14, c.ink, message.remedy, width);
  if (!message.where.empty()) draw_wrapped(theme, theme.fonts.mono, 12, c.muted, message.where, width);
  ImGui::EndTooltip();
}

}  // namespace tb::viewer
