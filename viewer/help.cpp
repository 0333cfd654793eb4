#include "viewer/help.h"

#include <algorithm>
#include <vector>

#include "viewer/keys.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

void draw_help(const Theme& theme, bool presenting, bool& open) {
  if (!open) return;
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  const ImVec2 all = ImGui::GetWindowSize(), origin = ImGui::GetWindowPos();
  ImGui::SetCursorScreenPos(origin);
  ImGui::PushStyleColor(ImGuiCol_ChildBg, ImGui::GetColorU32(ImGuiCol_ModalWindowDimBg));
  ImGui::BeginChild("help-ground", all, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar);
  ImGui::PopStyleColor();

  std::vector<ActionEntry> entries(all_actions().begin(), all_actions().end());
  std::erase_if(entries, [&](const ActionEntry& entry) { return !is_for(entry, presenting); });
  std::stable_partition(entries.begin(), entries.end(),   // a presentation's own come first
                        [](const ActionEntry& entry) { return entry.mode == Mode::presenting; });
  const ImVec2 card(std::min(theme.px(680), all.x - theme.px(32)),
                    std::min(theme.px(70 + 25 * static_cast<float>(entries.size())), all.y - theme.px(32)));
  ImGui::SetCursorScreenPos({origin.x + (all.x - card.x) / 2, origin.y + (all.y - card.y) / 2});
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(theme.px(24), theme.px(20)));
  ImGui::BeginChild("help", card, ImGuiChildFlags_Borders);
  draw_label(theme, theme.fonts.ui_bold, 18, c.ink, strings.get("help.title"));
  ImGui::Dummy({0, theme.px(4)});
  if (ImGui::BeginTable("keys", 2, ImGuiTableFlags_SizingFixedFit)) {
    ImGui::TableSetupColumn("keys", ImGuiTableColumnFlags_WidthFixed, theme.px(190));
    ImGui::TableSetupColumn("what", ImGuiTableColumnFlags_WidthStretch);
    for (const ActionEntry& entry : entries) {
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      draw_label(theme, theme.fonts.mono, 13, c.ink, key_label(entry, strings));
      ImGui::TableNextColumn();
      draw_wrapped(theme, theme.fonts.ui, 14, c.muted, strings.get("keys." + entry.name),
                   ImGui::GetContentRegionAvail().x);
    }
    ImGui::EndTable();
  }
  ImGui::EndChild();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
  if (ImGui::IsWindowHovered() && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) open = false;
  ImGui::EndChild();
}

}  // namespace tb::viewer
