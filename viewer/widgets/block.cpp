#include "viewer/widgets/block.h"

#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {
constexpr float kPad = 18;           // between a card's edge and what it holds
}

Block::Block(const Theme& theme, float width, std::string_view title)
    : theme_(theme), width_(width), top_(ImGui::GetCursorScreenPos()) {
  channels_.Split(ImGui::GetWindowDrawList(), 2);      // the ground is drawn when the height is known
  channels_.SetCurrentChannel(ImGui::GetWindowDrawList(), 1);
  ImGui::SetCursorScreenPos({top_.x + theme.px(kPad), top_.y + theme.px(kPad)});
  ImGui::BeginGroup();
  draw_label(theme, theme.fonts.ui_bold, 13, theme.colors().muted, title);
}

float Block::inner() const { return width_ - 2 * theme_.px(kPad); }

Block::~Block() {
  ImGui::EndGroup();
  const float bottom = ImGui::GetItemRectMax().y + theme_.px(kPad);
  ImDrawList* lines = ImGui::GetWindowDrawList();
  channels_.SetCurrentChannel(lines, 0);
  lines->AddRectFilled(top_, {top_.x + width_, bottom}, to_imgui(theme_.colors().card), theme_.px(6));
  lines->AddRect(top_, {top_.x + width_, bottom}, to_imgui(theme_.colors().rule), theme_.px(6));
  channels_.Merge(lines);
  ImGui::SetCursorScreenPos(top_);
  ImGui::Dummy({width_, bottom - top_.y});
}

bool draw_choice(const Theme& theme, std::size_t number, std::string_view text, bool chosen, float width) {
  const figure::Palette& c = theme.colors();
  ImGui::PushID(static_cast<int>(number));
  const float mark = theme.px(26), pixels = theme.px(theme.sizes.ui);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const char* const end = text.data() + text.size();
  const float height = theme.fonts.ui->CalcTextSizeA(pixels, 1e9f, width - mark, text.data(), end).y;
  const bool clicked = ImGui::InvisibleButton("choice", {width, height}, ImGuiButtonFlags_EnableNav);
  const bool lit = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (lit) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  ImDrawList* lines = ImGui::GetWindowDrawList();
  const ImVec2 centre(at.x + theme.px(9), at.y + theme.px(theme.sizes.ui) * 0.55f);
  lines->AddCircle(centre, theme.px(6), to_imgui(lit || chosen ? c.accent : c.muted), 0, theme.px(1.5f));
  if (chosen) lines->AddCircleFilled(centre, theme.px(3.2f), to_imgui(c.accent));
  lines->AddText(theme.fonts.ui, pixels, {at.x + mark, at.y}, to_imgui(c.ink), text.data(), text.data() + text.size(),
                 width - mark);
  ImGui::PopID();
  return clicked;
}

}  // namespace tb::viewer
