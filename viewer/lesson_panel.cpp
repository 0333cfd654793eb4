#include "viewer/lesson_panel.h"

#include <algorithm>
#include <utility>

#include <misc/cpp/imgui_stdlib.h>

#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float kEdge = 16;                                // pixels at scale 1

bool main_button(const Theme& theme, const std::string& label) {
  for (const ImGuiCol part : {ImGuiCol_Button, ImGuiCol_ButtonHovered, ImGuiCol_ButtonActive})
    ImGui::PushStyleColor(part, to_imgui(theme.colors().accent));
  ImGui::PushStyleColor(ImGuiCol_Text, to_imgui(theme.colors().card));
  const bool pressed = ImGui::Button(label.c_str());
  ImGui::PopStyleColor(4);
  return pressed;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

void LessonPanel::open() {
  open_ = true;
  take_focus_ = file_.path().empty();
  refused_.reset();
  known_ = file_.all();
  if (!file_.path().empty()) file_.open(file_.path());     // another program may have changed it
}

void LessonPanel::close() {
  keep();
  open_ = false;
  waiting_.reset();
}

void LessonPanel::add(book::LessonStep step, const std::string& language) {
  keep();
  language_ = language;
  open();
  waiting_ = std::move(step);
  if (!file_.path().empty()) chosen();
}

void LessonPanel::chosen() {
  refused_.reset();
  if (!waiting_) return select(std::nullopt);
  if (!file_.add(*waiting_)) return;
  waiting_.reset();
  select(file_.lesson().steps.size() - 1);
  show_selected_ = true;
}

void LessonPanel::select(std::optional<std::size_t> step) {
  selected_ = step;
  notes_ = step && *step < file_.lesson().steps.size() ? file_.lesson().steps[*step].notes : "";
}

void LessonPanel::keep() {
  if (!selected_ || *selected_ >= file_.lesson().steps.size() || notes_ == file_.lesson().steps[*selected_].notes) return;
  if (!file_.set_notes(*selected_, notes_)) select(std::nullopt);   // the steps may be others now
}

std::optional<std::size_t> LessonPanel::draw(const Theme& theme, ImVec2 corner, ImVec2 size, const TitleOf& title_of) {
  if (!open_) return std::nullopt;
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  language_ = strings.language();
  ImGui::SetCursorScreenPos({corner.x - size.x, corner.y});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(theme.px(kEdge), theme.px(kEdge)));
  ImGui::BeginChild("lesson", size, ImGuiChildFlags_AlwaysUseWindowPadding, ImGuiWindowFlags_NoScrollbar);
  // Dear ImGui may draw a child's own ground with the parent's, and that is under the page.
  const ImVec2 low = ImGui::GetWindowPos(), high(low.x + size.x, low.y + size.y);
  ImGui::GetWindowDrawList()->AddRectFilled(low, high, to_imgui(c.card), theme.px(8));
  ImGui::GetWindowDrawList()->AddRect(low, high, to_imgui(c.rule), theme.px(8));
  const float width = ImGui::GetContentRegionAvail().x;
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const bool none = file_.path().empty();
  const std::string title = none ? strings.get("lesson.choose") : file_.lesson().title;
  draw_label(theme, theme.fonts.ui_bold, 18, c.ink,
             shortened(theme.fonts.ui_bold, theme.px(18), title, width - theme.px(36)));
  const ImVec2 under = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos({top.x + width - theme.px(22), top.y - theme.px(3)});
  if (quiet_button(theme, "###close-lesson", "×", 18)) close();
  ImGui::SetCursorScreenPos(under);
  std::optional<std::size_t> from;
  if (none) draw_choice(theme, width);
  else from = draw_lesson(theme, width, title_of);
  ImGui::EndChild();
  ImGui::PopStyleVar();
  return from;
}

// A new lesson by its name, or one of those that are there.
void LessonPanel::draw_choice(const Theme& theme, float width) {
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  draw_wrapped(theme, theme.fonts.ui, 14, c.muted, strings.get("lesson.about"), width);
  ImGui::Dummy({0, theme.px(4)});
  if (std::exchange(take_focus_, false)) ImGui::SetKeyboardFocusHere();
  ImGui::SetNextItemWidth(width);
  const bool entered = ImGui::InputTextWithHint("###lesson-name", strings.get("lesson.name").c_str(), &name_,
                                                ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::BeginDisabled(name_.empty());
  const bool begun = main_button(theme, strings.get("lesson.begin") + "###begin-lesson");
  ImGui::EndDisabled();
  if ((entered || begun) && !name_.empty() && file_.create(name_, language_)) {
    name_.clear();
    chosen();
    return;
  }
  if (file_.error()) draw_error_card(theme, *file_.error(), width);
  const std::vector<std::filesystem::path>& all = known_;
  if (all.empty()) return;
  ImGui::Dummy({0, theme.px(6)});
  draw_label(theme, theme.fonts.ui, 14, c.muted, strings.get("lesson.go-on"));
  for (std::size_t i = 0; i < all.size(); ++i)
    if (quiet_button(theme, ("###file-" + std::to_string(i)).c_str(),
                     shortened(theme.fonts.ui, theme.px(15), all[i].stem().string(), width - theme.px(10)), 15, true) &&
        file_.open(all[i]))
      chosen();
}

std::optional<std::size_t> LessonPanel::draw_lesson(const Theme& theme, float width, const TitleOf& title_of) {
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  draw_label(theme, theme.fonts.ui, 13, c.muted,
             shortened(theme.fonts.ui, theme.px(13), file_.path().string(), width));
  ImGui::Dummy({0, theme.px(2)});
  const std::size_t steps = file_.lesson().steps.size();
  std::optional<std::size_t> from;
  ImGui::BeginDisabled(steps == 0);
  if (main_button(theme, strings.get("lesson.present") + "###present-lesson")) from = 0;
  ImGui::EndDisabled();
  ImGui::SameLine(0, theme.px(8));
  const float button = ImGui::GetCursorPosY() + ImGui::GetStyle().FramePadding.y - theme.px(2);
  ImGui::SetCursorPosY(button);
  if (quiet_button(theme, "###other-lesson", strings.get("lesson.other"))) {
    keep();
    file_.leave();
    known_ = file_.all();
    select(std::nullopt);
    take_focus_ = true;
    return std::nullopt;
  }
  if (file_.can_undo()) {
    ImGui::SameLine(0, theme.px(4));
    ImGui::SetCursorPosY(button);
    if (quiet_button(theme, "###undo-lesson", strings.get("lesson.undo"))) {
      file_.undo();
      select(std::nullopt);
    }
  }
  for (const std::optional<Error>* error : {&std::as_const(file_).error(), &std::as_const(refused_)})
    if (*error) draw_error_card(theme, **error, width);
  ImGui::Dummy({0, theme.px(4)});
  if (steps == 0) draw_wrapped(theme, theme.fonts.ui, 15, c.muted, strings.get("lesson.empty"), width);
  ImGui::BeginChild("steps", {width + theme.px(kEdge), 0});
  for (std::size_t i = 0; i < file_.lesson().steps.size(); ++i)
    if (const auto step = draw_step(theme, i, width, title_of(file_.lesson().steps[i].place))) from = step;
  ImGui::EndChild();
  if (from) keep();
  return from;
}

std::optional<std::size_t> LessonPanel::draw_step(const Theme& theme, std::size_t step, float width,
                                                  const std::string& title) {
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  const bool selected = selected_ == step;
  const std::string notes = first_line(file_.lesson().steps[step].notes);
  const bool two_lines = !selected && !notes.empty();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = theme.px(two_lines ? 48 : 30), text_at = at.x + theme.px(30);
  const float room = at.x + width - text_at - theme.px(8);
  ImGui::PushID(static_cast<int>(step));
  if (ImGui::InvisibleButton(("###step-" + std::to_string(step)).c_str(), {width, height},
                             ImGuiButtonFlags_EnableNav)) {
    keep();
    select(selected ? std::nullopt : std::optional(step));
  }
  const bool lit = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (selected || lit)
    ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + width, at.y + height}, ImGui::GetColorU32(ImGuiCol_Header),
                                              theme.px(5));
  ImGui::SetCursorScreenPos({at.x + theme.px(8), at.y + theme.px(6)});
  draw_label(theme, theme.fonts.ui, 14, c.muted, std::to_string(step + 1));
  ImGui::SetCursorScreenPos({text_at, at.y + theme.px(6)});
  draw_label(theme, theme.fonts.ui, 15, c.ink, shortened(theme.fonts.ui, theme.px(15), title, room));
  if (two_lines) {
    ImGui::SetCursorScreenPos({text_at, at.y + theme.px(26)});
    draw_label(theme, theme.fonts.ui, 13, c.muted, shortened(theme.fonts.ui, theme.px(13), notes, room));
  }
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({width, height});
  std::optional<std::size_t> from;
  if (selected) {
    if (std::exchange(show_selected_, false)) ImGui::SetScrollHereY(0);
    draw_notes_field(theme, width);
    const std::size_t last = file_.lesson().steps.size() - 1;
    float right = at.x + width;                            // of the last button; full: the next one begins a line
    const auto button = [&](const char* id, const char* key, bool on) {
      const std::string label = strings.get(std::string("lesson.") + key);
      const float wide = label_width(theme.fonts.ui, theme.px(14), label) + theme.px(12);
      if (right + wide <= at.x + width) ImGui::SameLine(0, theme.px(2));
      right = ImGui::GetCursorScreenPos().x + wide;
      ImGui::BeginDisabled(!on);
      const bool pressed = quiet_button(theme, id, label, 14, true);
      ImGui::EndDisabled();
      return pressed && on;
    };
    const auto moved = [&](std::size_t to) {
      keep();
      if (file_.move(step, to)) select(to);
    };
    if (button("###from", "from", true)) from = step;
    if (button("###up", "up", step > 0)) moved(step - 1);
    if (button("###down", "down", step < last)) moved(step + 1);
    if (button("###delete", "delete", true) && file_.remove(step)) select(std::nullopt);
    ImGui::Dummy({0, theme.px(6)});
  }
  ImGui::PopID();
  return from;
}

void LessonPanel::draw_notes_field(const Theme& theme, float width) {
  std::string text = notes_;
  const bool changed = ImGui::InputTextMultiline("###step-notes", &text, {width, theme.px(96)},
                                                 ImGuiInputTextFlags_WordWrap);
  if (text.empty() && !ImGui::IsItemActive()) {
    const ImVec2 at = ImGui::GetItemRectMin(), pad = ImGui::GetStyle().FramePadding;
    ImGui::GetWindowDrawList()->AddText(theme.fonts.ui, theme.px(15), {at.x + pad.x, at.y + pad.y},
                                        to_imgui(theme.colors().muted),
                                        theme.strings->get("lesson.notes").c_str());
  }
  // ImGui puts the old text back on Escape. Here every keystroke has counted already, and Escape only leaves.
  const bool left = ImGui::IsItemDeactivated();
  if (changed && !(left && ImGui::IsKeyPressed(ImGuiKey_Escape))) notes_ = std::move(text);
  if (left) keep();
}

}  // namespace tb::viewer
