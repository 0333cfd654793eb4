// One exercise in the learner's hands: the file and its editor, hints taken, the check that runs. The same work stands
// in the page and over the whole window.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "book/learner.h"
#include "viewer/exercises/code_editor.h"
#include "viewer/exercises/exercises.h"
#include "viewer/exercises/workspace_file.h"

namespace tb::viewer {

class ExerciseWork {
 public:
  ExerciseWork(Exercises& source, book::Learner& learner, Exercise exercise);

  const std::string& id() const { return id_; }
  bool started() const { return file_.exists(); }
  const std::filesystem::path& file() const { return file_.path(); }
  const book::ExerciseResult* result() const;             // nullptr: no check, hint or confession yet
  bool solved() const { return result() && result()->solved(); }
  std::size_t hints() const { return result() ? static_cast<std::size_t>(result()->hints) : 0; }   // taken
  bool may_read_solution() const { return solved() || (result() && result()->confessed); }

  // Puts the starter into the workspace where there is nothing yet, and the file into the editor.
  void start();
  void check(bool sanitize = false);          // what the editor holds, else the file
  void stop() { source_.stop(id_); }
  void save();                                // and checks where `check_at_save`
  void take_hint();
  void confess();
  void open_editor();                         // the learner's own

  // Every frame: takes in a verdict that has come, saves what was typed a while ago, looks for what others wrote.
  void tend(const Strings& strings);
  double patience() const;                    // seconds until tend() wants to be called though nothing happens
  void typed();                               // the editor's text has changed
  void load_other();
  void keep_mine();
  const std::optional<std::string>& other() const { return file_.other(); }
  bool unsaved() const { return typed_at_.has_value(); }
  bool loaded() const { return loaded_; }
  bool changed_since_check() const { return text_changes_ != checked_changes_; }

  CodeEditor editor;
  std::shared_ptr<const CheckView> view;      // as of the last tend()
  std::optional<Error> error;                 // of the last thing that was done to the file
  bool asking = false;                        // whether to show the solution unsolved
  bool check_at_save = false;

 private:
  void load();

  Exercises& source_;
  book::Learner& learner_;
  std::string id_, chapter_, starter_;
  std::size_t most_hints_;
  WorkspaceFile file_;
  bool loaded_ = false;
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> typed_at_; // not saved since
  Clock::time_point looked_at_{};
  std::uint64_t learned_ = 0;                 // the check whose points were written down
  std::uint64_t text_changes_ = 0, checked_changes_ = 0;
};

}  // namespace tb::viewer
