#include "viewer/notes_window.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float kEdge = 28, kLargest = 30, kSmallest = 17;   // of the notes' type; pixels at scale 1

// The largest size in which a text fills no more than this.
float fitting_size(const Theme& theme, const std::string& text, float width, float height) {
  for (float size = kLargest; size > kSmallest; size -= 1) {
    const float pixels = theme.px(size);
    const auto lines = static_cast<float>(wrap_lines(theme.fonts.text, pixels, text, width).size());
    if (lines * pixels * kLeading <= height) return size;
  }
  return kSmallest;
}

void draw_right(const Theme& theme, ImFont* font, float size, figure::Color color, const std::string& text,
                ImVec2 corner) {
  ImGui::SetCursorScreenPos({corner.x - label_width(font, theme.px(size), text), corner.y});
  draw_label(theme, font, size, color, text);
}

std::string time_of(const Theme& theme, double elapsed, double planned) {
  if (planned <= 0) return format_time(elapsed);
  return theme.strings->format("notes.of", {format_time(elapsed), format_time(planned)});
}

}  // namespace

std::string format_time(double seconds) {
  const auto all = static_cast<long>(std::max(seconds, 0.0));
  const long h = all / 3600, m = all / 60 % 60, s = all % 60;
  return h > 0 ? fmt::format("{}:{:02}:{:02}", h, m, s) : fmt::format("{}:{:02}", m, s);
}

bool draw_notes(const Theme& theme, const NotesView& view, const std::string& clock) {
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  const ImVec2 origin = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  const float edge = theme.px(kEdge), left = origin.x + edge, right = origin.x + size.x - edge;
  const float width = std::max(size.x - 2 * edge, 1.f);
  const bool ended = view.step > view.steps;

  // Above: how late it is, how long this has taken.
  ImGui::SetCursorScreenPos({left, origin.y + theme.px(18)});
  draw_label(theme, theme.fonts.ui_bold, 40, c.ink, clock);
  const bool late = view.planned > 0 && view.elapsed > view.planned;
  draw_right(theme, theme.fonts.ui_bold, 40, late ? c.warn : c.ink, format_time(view.elapsed),
             {right, origin.y + theme.px(18)});
  const float under = origin.y + theme.px(68);
  ImGui::SetCursorScreenPos({left - theme.px(5), under - theme.px(3)});
  const bool anew = quiet_button(theme, "###restart", strings.get("notes.restart"), 15);
  const bool slow = view.step_planned > 0 && view.step_elapsed > view.step_planned;
  std::string times = strings.format("notes.step", {time_of(theme, view.step_elapsed, view.step_planned)});
  if (view.planned > 0) times = strings.format("notes.planned", {format_time(view.planned)}) + "  ·  " + times;
  draw_right(theme, theme.fonts.ui, 15, slow ? c.warn : c.muted, times, {right, under});

  // Below: what comes next.
  const float foot = origin.y + size.y - theme.px(84), line = std::max(1.f, theme.scale);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddLine({left, foot}, {right, foot}, to_imgui(c.rule), line);
  ImGui::SetCursorScreenPos({left, foot + theme.px(14)});
  draw_label(theme, theme.fonts.ui, 14, c.muted, strings.get(ended ? "notes.ended" : "notes.next"));
  ImGui::SetCursorScreenPos({left, foot + theme.px(34)});
  const std::string next = ended ? "" : view.next.empty() ? strings.get("notes.end") : view.next;
  draw_label(theme, theme.fonts.ui_bold, 20, c.ink,
             shortened(theme.fonts.ui_bold, theme.px(20), next, width));

  // Between them: where we are, and the notes.
  float top = origin.y + theme.px(104);
  list.AddLine({left, top}, {right, top}, to_imgui(c.rule), line);
  top += theme.px(16);
  std::string where = ended ? view.title : fmt::format("{}  ·  {} / {}", view.title, view.step, view.steps);
  if (view.screens > 1)
    where += "  ·  " + strings.format("notes.screen", {std::to_string(view.screen), std::to_string(view.screens)});
  ImGui::SetCursorScreenPos({left, top});
  draw_label(theme, theme.fonts.ui, 15, c.muted, shortened(theme.fonts.ui, theme.px(15), where, width));
  ImGui::SetCursorScreenPos({left, top + theme.px(22)});
  draw_label(theme, theme.fonts.ui_bold, 24, c.ink, shortened(theme.fonts.ui_bold, theme.px(24), view.now, width));
  top += theme.px(64);
  for (const std::string& said : {view.blank ? strings.get("notes.blank") : std::string(), view.model}) {
    if (said.empty()) continue;
    ImGui::SetCursorScreenPos({left, top});
    draw_label(theme, theme.fonts.ui_bold, 16, c.warn, shortened(theme.fonts.ui_bold, theme.px(16), said, width));
    top += theme.px(28);
  }
  ImGui::SetCursorScreenPos({left, top});
  ImGui::PushStyleColor(ImGuiCol_ChildBg, ImVec4(0, 0, 0, 0));
  ImGui::BeginChild("notes", {width, std::max(foot - top - theme.px(12), 1.f)});   // long notes scroll
  const float room = ImGui::GetContentRegionAvail().x - ImGui::GetStyle().ScrollbarSize;
  if (view.notes.empty()) {
    if (!ended) draw_label(theme, theme.fonts.ui, 16, c.muted, strings.get("notes.none"));
  } else {
    const float fitting = fitting_size(theme, view.notes, room, ImGui::GetContentRegionAvail().y);
    draw_wrapped(theme, theme.fonts.text, fitting, c.ink, view.notes, room);
  }
  ImGui::EndChild();
  ImGui::PopStyleColor();
  return anew;
}

}  // namespace tb::viewer
