// The block in the text, and what the page and the whole window have in common.
#include "viewer/exercises/exercise_blocks.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "viewer/exercises/check_view.h"
#include "viewer/page/sheet.h"
#include "viewer/widgets/answers.h"
#include "viewer/widgets/block.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

// Buttons one after another, in as many rows as the width asks for.
class Row {
 public:
  Row(const Theme& theme, float width) : theme_(theme), left_(ImGui::GetCursorScreenPos().x), width_(width) {}
  ~Row() {
    if (begun_) ImGui::NewLine();
  }
  Row(const Row&) = delete;

  bool button(const char* id, const std::string& label, bool main = false) {
    place(ImGui::CalcTextSize(label.c_str()).x + 2 * ImGui::GetStyle().FramePadding.x);
    if (main) {
      const figure::Palette& c = theme_.colors();
      for (const ImGuiCol part : {ImGuiCol_Button, ImGuiCol_ButtonHovered, ImGuiCol_ButtonActive})
        ImGui::PushStyleColor(part, to_imgui(c.accent));
      ImGui::PushStyleColor(ImGuiCol_Text, to_imgui(c.card));
    }
    const bool pressed = ImGui::Button((label + id).c_str());
    if (main) ImGui::PopStyleColor(4);
    ImGui::SameLine();
    return pressed;
  }
  bool box(const char* id, const std::string& label, bool& value) {
    place(ImGui::CalcTextSize(label.c_str()).x + ImGui::GetFrameHeight() + ImGui::GetStyle().ItemInnerSpacing.x);
    const bool changed = ImGui::Checkbox((label + id).c_str(), &value);
    ImGui::SameLine();
    return changed;
  }

 private:
  void place(float wide) {
    const float x = ImGui::GetCursorScreenPos().x;
    if (x > left_ && x + wide > left_ + width_) ImGui::NewLine();
    begun_ = true;
  }
  const Theme& theme_;
  float left_, width_;
  bool begun_ = false;
};

}  // namespace

std::shared_ptr<const Result<Exercise>> ExerciseBlocks::find(const std::string& id) const {
  return exercises_->find(id, theme_.strings->language());
}

ExerciseWork* ExerciseBlocks::work(const std::string& id) {
  const auto known = works_.find(id);
  if (known != works_.end()) return &known->second;
  const auto found = exercises_ ? find(id) : nullptr;
  if (!found || !*found) return nullptr;
  return &works_.try_emplace(id, *exercises_, learner_, **found).first->second;
}

void ExerciseBlocks::begin_frame() {
  front_.clear();
  front_distance_ = 1e9f;
  for (auto& [id, work] : works_) work.tend(*theme_.strings);
}

double ExerciseBlocks::patience() const {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [id, work] : works_) least = std::min(least, work.patience());
  return least;
}

void ExerciseBlocks::draw(const std::string& id, float width) {
  const float top = ImGui::GetCursorScreenPos().y;
  const auto found = exercises_ ? find(id) : nullptr;
  if (found && !*found) {
    (void)draw_error_card(theme_, found->error(), width);
    return;
  }
  const Block block(theme_, width, theme_.strings->get("exercise.title"));
  if (!found) return draw_label(theme_, theme_.fonts.mono, 14, theme_.colors().ink, id);
  const Exercise& exercise = **found;
  ExerciseWork& work = *this->work(id);
  if (!work.view) work.tend(*theme_.strings);
  draw_head(exercise, work, block.inner());
  ImGui::Dummy({0, theme_.px(2)});
  draw_text("statement", exercise.statement, block.inner());
  ImGui::Dummy({0, theme_.px(1)});
  draw_wrapped(theme_, theme_.fonts.mono, 13.5f, theme_.colors().ink, exercise.function, block.inner());
  if (!to_be_solved_) return;
  ImGui::Dummy({0, theme_.px(2)});
  draw_actions(exercise, work, block.inner());
  draw_hints(exercise, work, block.inner());
  draw_check_of(work, block.inner());
  draw_not_kept(theme_, learner_, block.inner());
  if (ImGui::GetCursorScreenPos().y < 0 || top > ImGui::GetIO().DisplaySize.y) return;   // out of sight
  const float middle = (top + ImGui::GetCursorScreenPos().y) / 2;
  const float distance = std::abs(middle - ImGui::GetIO().DisplaySize.y / 2);
  if (distance < front_distance_) {
    front_distance_ = distance;
    front_ = id;
  }
}

std::string ExerciseBlocks::state_text(const ExerciseWork& work) const {
  const Strings& strings = *theme_.strings;
  const book::ExerciseResult* result = work.result();
  std::string text = !result || result->attempts == 0 ? strings.get(work.started() ? "exercise.begun" : "exercise.new")
                     : result->solved()               ? strings.get("exercise.solved")
                                        : points_text(result->points, result->out_of, strings);
  if (result && result->confessed) text += " · " + strings.get("exercise.confessed");
  return text;
}

void ExerciseBlocks::draw_head(const Exercise& exercise, const ExerciseWork& work, float width) {
  const Strings& strings = *theme_.strings;
  const figure::Palette& c = theme_.colors();
  draw_wrapped(theme_, theme_.fonts.ui_bold, 20, c.ink, exercise.title, width);
  const std::string facts = strings.get("exercise.difficulty-" + std::to_string(exercise.difficulty)) + " · " +
                            strings.plural("exercise.minutes", exercise.minutes) + " · " +
                            strings.plural("exercise.points-all", static_cast<std::int64_t>(exercise.points)) + " · ";
  const std::string state = state_text(work);
  const float used = label_width(theme_.fonts.ui, theme_.px(14), facts);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (!to_be_solved_) return draw_label(theme_, theme_.fonts.ui, 14, c.muted, facts);
  if (used + label_width(theme_.fonts.ui_bold, theme_.px(14), state) <= width) {
    draw_label(theme_, theme_.fonts.ui, 14, c.muted, facts);
    ImGui::SetCursorScreenPos({at.x + used, at.y});
    draw_label(theme_, theme_.fonts.ui_bold, 14, work.solved() ? c.accent : c.ink, state);
  } else {
    draw_wrapped(theme_, theme_.fonts.ui, 14, c.muted, facts + state, width);
  }
}

// Markdown with formulas, in the page's type.
void ExerciseBlocks::draw_text(const std::string& name, const std::string& markdown, float width) {
  const Theme type = page::small_print(theme_);
  const std::string key = name + " " + std::string(theme_.strings->language()) + " " +
                          std::to_string(theme_.scale) + " " + markdown;
  const page::Sheet* sheet = set_ ? set_(type, key, std::floor(width), markdown) : nullptr;
  if (!sheet) return draw_wrapped(theme_, theme_.fonts.ui, theme_.sizes.ui, theme_.colors().ink, markdown, width);
  sheet->draw(*ImGui::GetWindowDrawList(), type, ImGui::GetCursorScreenPos());
  ImGui::Dummy({width, sheet->size().y});
}

void ExerciseBlocks::draw_actions(const Exercise& exercise, ExerciseWork& work, float width) {
  const Strings& strings = *theme_.strings;
  {
    Row row(theme_, width);
    if (!is_open() && row.button("###start", strings.get(work.started() ? "exercise.go-on" : "exercise.start"), true))
      open(exercise.id);
    if (work.started() || is_open()) {
      if (work.view->busy() && row.button("###stop", strings.get("exercise.stop"), is_open())) work.stop();
      else if (!work.view->busy() && row.button("###check", strings.get("exercise.check"), is_open())) work.check();
      if (!work.view->busy() && row.button("###sanitize", strings.get("exercise.sanitize"), false)) work.check(true);
    }
    const std::vector<std::string> counted = {std::to_string(work.hints()), std::to_string(exercise.hints.size())};
    if (work.hints() < exercise.hints.size() && row.button("###hint", strings.format("exercise.hint", counted)))
      work.take_hint();
    if (row.button("###solution", strings.get("exercise.solution"))) want(Pane::solution, work);
    if (work.started() && row.button("###difference", strings.get("exercise.difference"))) want(Pane::difference, work);
    if (row.button("###own-editor", strings.get("exercise.own-editor"))) work.open_editor();
    if (is_open()) row.box("###watch", strings.get("exercise.check-at-save"), work.check_at_save);
  }
  if (model_switch) model_switch(theme_, exercise.id, width);
  if (work.started() && !is_open())
    draw_wrapped(theme_, theme_.fonts.ui, 13, theme_.colors().muted, work.file().string(), width);
  if (work.error) (void)draw_error_card(theme_, *work.error, width);
  if (work.asking) draw_question(work, width);
}

void ExerciseBlocks::draw_hints(const Exercise& exercise, ExerciseWork& work, float width) {
  const Strings& strings = *theme_.strings;
  for (std::size_t i = 0; i < std::min(work.hints(), exercise.hints.size()); ++i) {
    const std::string count = std::to_string(exercise.hints.size());
    draw_wrapped(theme_, theme_.fonts.ui_bold, 14, theme_.colors().muted,
                 strings.format("exercise.hint-of", {std::to_string(i + 1), count}), width);
    draw_text("hint " + std::to_string(i), exercise.hints[i], width);
  }
}

// In place: whoever reads the solution unsolved decides to.
void ExerciseBlocks::draw_question(ExerciseWork& work, float width) {
  const Strings& strings = *theme_.strings;
  const std::string question = strings.get("exercise.confess-question");
  draw_wrapped(theme_, theme_.fonts.ui, theme_.sizes.ui, theme_.colors().ink, question, width);
  Row row(theme_, width);
  if (row.button("###confess", strings.get("exercise.confess"))) {
    work.confess();
    if (!is_open()) open(work.id());
    pane_ = Pane::solution;
  }
  if (row.button("###not-yet", strings.get("exercise.not-yet"))) work.asking = false;
}

void ExerciseBlocks::draw_check_of(ExerciseWork& work, float width) {
  if (work.view->state == CheckView::State::none) return;
  ImGui::Dummy({0, theme_.px(2)});
  const auto draw_markdown = [this](const std::string& text, float room) { draw_text("said", text, room); };
  if (const int line = draw_check(theme_, *work.view, work.changed_since_check(), width, draw_markdown))
    show_line(work, line);
}

void ExerciseBlocks::want(Pane pane, ExerciseWork& work) {
  if (!work.may_read_solution()) {
    work.asking = true;
    return;
  }
  if (!is_open()) open(work.id());
  pane_ = pane;
}

void ExerciseBlocks::show_line(ExerciseWork& work, int line) {
  if (!is_open()) open(work.id());
  pane_ = Pane::code;
  work.editor.go_to_line(line);
  work.editor.focus();
}

bool ExerciseBlocks::act(Action action) {
  const std::string id = is_open() ? open_ : front_;
  ExerciseWork* const found = id.empty() ? nullptr : work(id);
  if (!found) return false;
  ExerciseWork& work = *found;
  switch (action) {
    case Action::exercise: is_open() ? close() : open(id); return true;
    case Action::check: work.started() ? work.check() : open(id); return true;
    case Action::sanitize: work.started() ? work.check(true) : open(id); return true;
    case Action::stop_check: work.stop(); return true;
    case Action::save_code: work.save(); return true;
    case Action::find:
      if (!is_open()) return false;
      pane_ = Pane::code;
      work.editor.open_find();
      return true;
    case Action::hint: work.take_hint(); return true;
    case Action::solution: want(toggled(Pane::solution), work); return true;
    case Action::difference: want(toggled(Pane::difference), work); return true;
    case Action::own_editor: work.open_editor(); return true;
    default: return false;
  }
}

}  // namespace tb::viewer
