#include "viewer/exercises/exercise_work.h"

#include <algorithm>

#include "base/files.h"

namespace tb::viewer {

namespace {

constexpr double kSavePause = 1, kLookPause = 0.3;        // seconds

double since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

ExerciseWork::ExerciseWork(Exercises& source, book::Learner& learner, Exercise exercise)
    : source_(source),
      learner_(learner),
      id_(exercise.id),
      chapter_(exercise.chapter),
      starter_(exercise.starter),
      most_hints_(exercise.hints.size()),
      file_(exercise.file) {}

const book::ExerciseResult* ExerciseWork::result() const {
  for (const book::ExerciseResult& one : learner_.traces().exercises)
    if (one.chapter == chapter_ && one.exercise == id_) return &one;
  return nullptr;
}

void ExerciseWork::start() {
  error.reset();
  if (const auto written = file_.start(starter_); !written) error = written.error();
  else load();
}

void ExerciseWork::load() {
  if (loaded_) return;
  const auto text = file_.open();
  if (!text) {
    error = text.error();
    return;
  }
  editor.set_text(*text);
  source_.watch(file_.path().parent_path());
  loaded_ = true;
  if (!file_.is_saved(*text)) typed_at_ = Clock::now();   // a draft that an ended program left
}

void ExerciseWork::check(bool sanitize) {
  if (!started()) start();
  else load();
  if (!loaded_) return;
  error.reset();
  if (!unsaved()) {
    file_.look();
    if (other() && !editor.has_focus()) load_other();     // written elsewhere while nobody writes here
  }
  checked_changes_ = text_changes_;
  source_.check(id_, editor.text(), sanitize);
}

void ExerciseWork::save() {
  if (!loaded_) return;
  error.reset();
  if (const auto saved = file_.save(editor.text()); !saved) {
    if (saved.error().code != "exercise.changed") error = saved.error();   // the offer to choose says the same
    if (typed_at_) typed_at_ = Clock::now();              // tried again after the next pause
    return;
  }
  typed_at_.reset();
  if (check_at_save) check();
}

void ExerciseWork::take_hint() {
  const std::size_t next = std::min(hints() + 1, most_hints_);
  (void)learner_.hinted(chapter_, id_, static_cast<std::int64_t>(next));   // Learner::error says what failed
}

void ExerciseWork::confess() {
  asking = false;
  if (!may_read_solution()) (void)learner_.confessed(chapter_, id_);   // Learner::error says what failed
}

void ExerciseWork::open_editor() {
  error.reset();
  if (!started()) start();
  if (unsaved()) save();
  if (const auto opened = source_.open_editor(file_.path()); !opened) error = opened.error();
}

void ExerciseWork::typed() {
  ++text_changes_;
  typed_at_ = Clock::now();
  file_.keep(editor.text());
}

void ExerciseWork::load_other() {
  editor.replace_text(file_.take_other());
  ++text_changes_;
  typed_at_.reset();
}

void ExerciseWork::keep_mine() {
  file_.overrule();
  save();
}

void ExerciseWork::tend(const Strings& strings) {
  const bool first = !view;
  view = source_.view(id_, strings);
  if (first) learned_ = view->number;                     // an earlier reader's
  if (view->state == CheckView::State::done && view->number != learned_) {
    learned_ = view->number;
    (void)learner_.checked(chapter_, id_, view->points, view->most);
  }
  if (!loaded_) return;
  if (typed_at_ && since(*typed_at_) > kSavePause && !other()) {
    const bool checks = std::exchange(check_at_save, false);   // a pause in typing is no save of the learner's
    save();
    check_at_save = checks;
  }
  if (since(looked_at_) < kLookPause) return;
  looked_at_ = Clock::now();
  const bool had = other().has_value();
  file_.look();
  if (check_at_save && other() && !had && !unsaved()) {   // saved in another editor
    load_other();
    check();
  }
}

double ExerciseWork::patience() const {
  return typed_at_ && !other() ? kSavePause : std::numeric_limits<double>::infinity();
}

}  // namespace tb::viewer
