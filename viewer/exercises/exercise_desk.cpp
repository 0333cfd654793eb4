// An exercise over the whole window: the task and its verdict on the left, the code on the right; in a narrow window
// one after the other.
#include <algorithm>
#include <cmath>

#include "viewer/exercises/exercise_blocks.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

// Pixels at scale 1.
constexpr float kAround = 20, kTaskNarrowest = 340, kTaskWidest = 520, kOneColumn = 900;

}  // namespace

void ExerciseBlocks::open(const std::string& id) {
  ExerciseWork* const found = work(id);
  if (!found) return;
  found->start();
  open_ = id;
  pane_ = Pane::code;
  noted_.reset();
  shown_solution_.clear();
  shown_difference_.clear();
  found->editor.focus();
}

void ExerciseBlocks::close() {
  if (ExerciseWork* const left = open_.empty() ? nullptr : work(open_); left && left->unsaved() && !left->other()) {
    const bool checks = std::exchange(left->check_at_save, false);
    left->save();
    left->check_at_save = checks;
  }
  open_.clear();
}

void ExerciseBlocks::leave() {
  const auto here = works_.find(open_);
  if (here != works_.end() && here->second.editor.finding()) here->second.editor.close_find();
  else close();
}

void ExerciseBlocks::draw_open(ImVec2 origin, ImVec2 size) {
  const auto found = find(open_);
  ExerciseWork* const here = work(open_);
  if (!found || !*found || !here) return close();
  const Exercise& exercise = **found;
  ImGui::SetCursorScreenPos(origin);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(theme_.px(kAround), theme_.px(14)));
  ImGui::BeginChild("exercise", size, ImGuiChildFlags_AlwaysUseWindowPadding,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleVar();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const bool narrow = room.x < theme_.px(kOneColumn);
  const float share = std::clamp(std::round(0.38f * room.x), theme_.px(kTaskNarrowest), theme_.px(kTaskWidest));
  const float left = narrow ? 0 : share;
  const float gap = narrow ? 0 : theme_.px(kAround);
  const ImVec2 top = ImGui::GetCursorScreenPos();
  if (!narrow) {
    ImGui::BeginChild("task", {left, room.y});
    draw_task(exercise, *here, ImGui::GetContentRegionAvail().x - theme_.px(8));
    ImGui::EndChild();
  }
  if (open_.empty()) return ImGui::EndChild();             // closed by a button of the task
  ImGui::SetCursorScreenPos({top.x + left + gap, top.y});
  ImGui::BeginChild("panes", {room.x - left - gap, room.y}, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar);
  draw_panes(*here, narrow);
  if (narrow && pane_ == Pane::task) {
    ImGui::BeginChild("task");
    draw_task(exercise, *here, ImGui::GetContentRegionAvail().x - theme_.px(8));
    ImGui::EndChild();
  } else {
    draw_other(*here, ImGui::GetContentRegionAvail().x);
    draw_pane(exercise, *here, ImGui::GetContentRegionAvail());
  }
  ImGui::EndChild();
  ImGui::EndChild();
}

void ExerciseBlocks::draw_task(const Exercise& exercise, ExerciseWork& work, float width) {
  draw_head(exercise, work, width);
  draw_actions(exercise, work, width);
  draw_check_of(work, width);
  draw_hints(exercise, work, width);
  ImGui::Dummy({0, theme_.px(4)});
  draw_text("statement", exercise.statement, width);
  draw_wrapped(theme_, theme_.fonts.mono, 13.5f, theme_.colors().ink, exercise.function, width);
}

// Which of the panes is shown, and whether what is typed lies in the file.
void ExerciseBlocks::draw_panes(const ExerciseWork& work, bool narrow) {
  const Strings& strings = *theme_.strings;
  const auto tab = [&](const char* id, const char* key, Pane pane) {
    if (quiet_button(theme_, id, strings.get(key), 14, pane_ == pane)) pane_ = pane;
    if (pane_ == pane) {
      const ImVec2 min = ImGui::GetItemRectMin(), max = ImGui::GetItemRectMax();
      ImGui::GetWindowDrawList()->AddRectFilled({min.x, max.y - theme_.px(2)}, max, to_imgui(theme_.colors().accent));
    }
    ImGui::SameLine(0, theme_.px(6));
  };
  if (!narrow && pane_ == Pane::task) pane_ = Pane::code;
  if (narrow) tab("###pane-task", "exercise.pane-task", Pane::task);
  tab("###pane-code", "exercise.pane-code", Pane::code);
  if (work.may_read_solution()) {
    tab("###pane-solution", "exercise.solution", Pane::solution);
    tab("###pane-difference", "exercise.difference", Pane::difference);
  }
  const std::string back = strings.get("exercise.back");
  const float wide = label_width(theme_.fonts.ui, theme_.px(14), back) + theme_.px(10);
  ImGui::SetCursorScreenPos({ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - wide, ImGui::GetCursorScreenPos().y});
  if (quiet_button(theme_, "###back", back)) close();
}

// Another program has written the file.
void ExerciseBlocks::draw_other(ExerciseWork& work, float width) {
  if (!work.other()) return;
  const Strings& strings = *theme_.strings;
  draw_wrapped(theme_, theme_.fonts.ui, theme_.sizes.ui, theme_.colors().warn, strings.get("exercise.other"), width);
  if (ImGui::Button((strings.get("exercise.load-other") + "###load-other").c_str())) work.load_other();
  ImGui::SameLine();
  if (ImGui::Button((strings.get("exercise.keep-mine") + "###keep-mine").c_str())) work.keep_mine();
}

void ExerciseBlocks::draw_pane(const Exercise& exercise, ExerciseWork& work, ImVec2 size) {
  const float line = theme_.px(13) * kLeading;
  size.y -= line + ImGui::GetStyle().ItemSpacing.y;
  std::string below = work.file().string();
  figure::Color color = theme_.colors().muted;
  if (pane_ == Pane::solution) {
    if (shown_solution_ != exercise.solution) solution_.set_text(shown_solution_ = exercise.solution);
    solution_.set_read_only();
    solution_.draw(theme_, "solution", size);
    below = theme_.strings->get("exercise.solution-below");
  } else if (pane_ == Pane::difference) {
    const std::string mine = work.loaded() ? work.editor.text() : "";
    if (shown_difference_ != mine) difference_.set_texts(shown_difference_ = mine, exercise.solution);
    difference_.draw(theme_, "difference", size);
    below = theme_.strings->get("exercise.difference-below");
  } else {
    if (work.view != noted_ && work.view->state == CheckView::State::done) {
      const bool new_check = !noted_ || noted_->number != work.view->number;
      noted_ = work.view;
      work.editor.set_notes(work.view->notes, theme_);
      const auto first = std::find_if(work.view->notes.begin(), work.view->notes.end(),
                                      [](const CodeNote& note) { return note.error && note.line > 0; });
      if (new_check && first != work.view->notes.end() && !work.changed_since_check()) work.editor.go_to_line(first->line);
    }
    if (work.editor.draw(theme_, "code", size)) work.typed();
    below += " · " + theme_.strings->get(work.unsaved() ? "exercise.not-saved" : "exercise.saved");
    for (const CodeNote& note : work.view->notes) {        // of the cursor's line, while the lines are those
      if (note.line != work.editor.line() || work.changed_since_check()) continue;
      below = note.text;
      color = note.error ? theme_.colors().warn : theme_.colors().ink;
      break;
    }
  }
  const float pixels = theme_.px(13);
  draw_label(theme_, theme_.fonts.ui, 13, color, shortened(theme_.fonts.ui, pixels, below, size.x));
}

}  // namespace tb::viewer
