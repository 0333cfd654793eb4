#include "viewer/find_bar.h"

#include <misc/cpp/imgui_stdlib.h>

#include "base/numbers.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

void FindBar::open() { open_ = take_focus_ = true; }

void FindBar::close(Page& page) {
  open_ = false;
  page.find("");
}

void FindBar::search_again(Page& page) {
  if (open_) count_ = page.find(text_);
}

void FindBar::draw(const Theme& theme, Page& page, ImVec2 corner) {
  if (!open_) return;
  const Strings& strings = *theme.strings;
  const figure::Palette& c = theme.colors();
  const ImVec2 size(theme.px(330), theme.px(46));    // fits beside the text of a window 1280 pixels wide
  ImGui::SetCursorScreenPos({corner.x - size.x, corner.y});
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(theme.px(9), theme.px(9)));
  ImGui::BeginChild("find", size, ImGuiChildFlags_Borders, ImGuiWindowFlags_NoScrollbar);

  if (take_focus_) ImGui::SetKeyboardFocusHere();
  take_focus_ = false;
  ImGui::SetNextItemWidth(theme.px(150));
  constexpr int flags = ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll;
  const bool entered = ImGui::InputTextWithHint("###find-text", strings.get("find.hint").c_str(), &text_, flags);
  if (ImGui::IsItemEdited()) count_ = page.find(text_);
  if (entered) {
    page.find_step(ImGui::GetIO().KeyShift ? -1 : +1);
    take_focus_ = true;            // Enter lets go of the field; the next Enter is to find on
  }

  ImGui::SameLine(0, theme.px(10));
  ImGui::AlignTextToFramePadding();
  const std::string language(strings.language());
  std::string state;
  if (!text_.empty())
    state = count_ == 0 ? strings.get("find.none")
                        : strings.format("find.count", {format_integer(page.find_current(), language),
                                                        format_integer(count_, language)});
  const float right = size.x - theme.px(88);
  draw_label(theme, theme.fonts.ui, 13, c.muted, state);
  ImGui::SameLine(right);
  if (quiet_button(theme, "previous", "▲", 13)) page.find_step(-1);
  ImGui::SameLine(0, 0);
  if (quiet_button(theme, "next", "▼", 13)) page.find_step(+1);
  ImGui::SameLine(0, theme.px(4));
  if (quiet_button(theme, "close", "×", 17)) close(page);

  ImGui::EndChild();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
}

}  // namespace tb::viewer
