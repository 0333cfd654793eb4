#include "viewer/sidebar.h"

#include <cmath>

#include "viewer/widgets/landmark.h"
#include "viewer/study.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

// One line of the contents: wrapped text over a ground that lights up under the mouse, a bar where the reader is.
bool entry(const Theme& theme, const char* id, std::string_view text, float indent, ImFont* font, float size,
           figure::Color color, bool current, const book::Standing* standing = nullptr) {
  const figure::Palette& c = theme.colors();
  const float width = ImGui::GetContentRegionAvail().x, pad = theme.px(4);
  const float left = theme.px(20) + indent, text_width = width - left - theme.px(16);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float pixels = theme.px(size), step = pixels * kLeading;
  const std::vector<std::string_view> words = wrap_lines(font, pixels, text, text_width);
  const float height = static_cast<float>(words.size()) * step + 2 * pad;
  const bool clicked = ImGui::InvisibleButton(id, {width, height}, ImGuiButtonFlags_EnableNav);
  ImDrawList* lines = ImGui::GetWindowDrawList();
  const bool lit = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (lit) {
    lines->AddRectFilled({at.x + theme.px(8), at.y}, {at.x + width - theme.px(8), at.y + height},
                         ImGui::GetColorU32(ImGuiCol_ButtonHovered), theme.px(5));
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  }
  const float view = ImGui::GetWindowPos().y;
  if (current && (at.y < view || at.y + height > view + ImGui::GetWindowHeight()) && !ImGui::IsWindowHovered())
    ImGui::SetScrollHereY(0.5f);                // the reader went on; under the mouse the learner scrolls
  if (current)
    lines->AddRectFilled({at.x, at.y + theme.px(3)}, {at.x + theme.px(3), at.y + height - theme.px(3)},
                         to_imgui(c.accent), theme.px(2));
  float y = at.y + pad + (step - pixels) / 2;
  for (const std::string_view line : words) {
    lines->AddText(font, pixels, {at.x + left, std::round(y)}, to_imgui(color), line.data(), line.data() + line.size());
    y += step;
  }
  if (!standing) return clicked;
  draw_standing(*lines, *standing, theme, {at.x + left - theme.px(10), at.y + pad + step / 2});
  if (standing->begun()) ImGui::SetItemTooltip("%s", standing_text(*standing, *theme.strings).c_str());
  return clicked;
}

std::string title_of(const book::Chapter& chapter, const std::string& language) {
  const auto title = chapter.title.find(language);
  return chapter.number + "  " + (title == chapter.title.end() ? chapter.slug : title->second);
}

void draw_switches(const Theme& theme, SidebarChoice& choice) {
  const auto button = [&](const char* id, Action action, bool same_line = true) {
    if (same_line) ImGui::SameLine(0, theme.px(1));
    if (quiet_button(theme, id, theme.strings->get(std::string("sidebar.") + id))) choice.action = action;
    ImGui::SetItemTooltip("%s", theme.strings->get("keys." + action_name(action)).c_str());
  };
  ImGui::SetCursorPosX(theme.px(15));
  button("language", Action::language, false);
  button("theme", Action::theme);
  note_item(Landmark::colors);
  button("smaller", Action::smaller);
  button("larger", Action::larger);
  button("find", Action::search);
  note_item(Landmark::search);
}

}  // namespace

SidebarChoice draw_sidebar(const Theme& theme, const SidebarView& view) {
  SidebarChoice choice;
  const figure::Palette& c = theme.colors();
  const float foot = theme.px(44);
  ImGui::BeginChild("entries", {0, ImGui::GetContentRegionAvail().y - foot}, ImGuiChildFlags_None,
                    ImGuiWindowFlags_NoBackground);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, theme.px(1)));
  ImGui::Dummy({0, theme.px(20)});
  ImGui::SetCursorPosX(theme.px(20));
  draw_wrapped(theme, theme.fonts.ui_bold, 17, c.ink, theme.strings->get("book.title"),
               ImGui::GetContentRegionAvail().x - theme.px(20));
  ImGui::Dummy({0, theme.px(14)});
  for (std::size_t i = 0; i < view.chapters.size(); ++i) {
    const bool here = i == view.chapter;
    if (entry(theme, view.chapters[i].slug.c_str(), title_of(view.chapters[i], view.language), 0,
              here ? theme.fonts.ui_bold : theme.fonts.ui, theme.sizes.ui, c.ink, here && view.anchor.empty()))
      choice.chapter = i;
    if (!here) continue;
    for (std::size_t s = 0; s < view.sections.size(); ++s) {
      const book::Section& section = view.sections[s];
      const bool current = section.anchor == view.anchor;
      if (entry(theme, section.anchor.c_str(), section.title, theme.px(section.level == 2 ? 14 : 28), theme.fonts.ui,
                section.level == 2 ? 14.f : 13.f, current ? c.accent : c.muted, current,
                s < view.standings.size() ? &view.standings[s] : nullptr))
        choice.anchor = section.anchor;
    }
    ImGui::Dummy({0, theme.px(8)});
  }
  ImGui::PopStyleVar();
  ImGui::EndChild();
  ImGui::Dummy({0, theme.px(2)});
  draw_switches(theme, choice);
  return choice;
}

}  // namespace tb::viewer
