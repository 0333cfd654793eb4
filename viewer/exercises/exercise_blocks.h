// Exercises in the text, as blocks, and one of them over the whole window, where its code is written.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "book/directive.h"
#include "viewer/exercises/exercise_work.h"
#include "viewer/keys.h"
#include "viewer/page/page.h"

namespace tb::viewer {

class ExerciseBlocks {
 public:
  // Without exercises a block shows its id only; unless it is `to_be_solved`, only the task.
  ExerciseBlocks(Exercises* exercises, book::Learner& learner, const Theme& theme, bool to_be_solved)
      : exercises_(exercises), learner_(learner), theme_(theme), to_be_solved_(to_be_solved) {}

  void set_typesetter(Page::Typesetter set) { set_ = std::move(set); }
  // Drawn at the end of an exercise's row of actions, in the page and over the window: the place of the switch "run the
  // model with my code".
  std::function<void(const Theme& theme, const std::string& exercise, float width)> model_switch;

  void begin_frame();                         // each frame, whatever is drawn
  // Widgets, under the exercise's id: ###start, ###check, ###stop, ###hint, ###solution, ###difference, ###own-editor.
  void draw(const std::string& id, float width);
  const std::string& in_front() const { return front_; }   // of those drawn in the last frame; "" for none

  bool is_open() const { return !open_.empty(); }
  const std::string& open() const { return open_; }
  void open(const std::string& id);
  void close();
  void draw_open(ImVec2 origin, ImVec2 size);
  void leave();                               // Esc: closes the editor's find bar, else the exercise

  // What a key asks of the exercise that is open, else of the one in front. False where it asks nothing of exercises.
  bool act(Action action);
  double patience() const;                    // seconds until a frame is wanted although nothing happens

 private:
  enum class Pane { task, code, solution, difference };
  std::shared_ptr<const Result<Exercise>> find(const std::string& id) const;
  ExerciseWork* work(const std::string& id);  // nullptr where the exercise cannot be read

  void draw_head(const Exercise& exercise, const ExerciseWork& work, float width);
  void draw_text(const std::string& name, const std::string& markdown, float width);
  void draw_actions(const Exercise& exercise, ExerciseWork& work, float width);
  void draw_hints(const Exercise& exercise, ExerciseWork& work, float width);
  void draw_question(ExerciseWork& work, float width);
  void draw_check_of(ExerciseWork& work, float width);
  std::string state_text(const ExerciseWork& work) const;

  void draw_task(const Exercise& exercise, ExerciseWork& work, float width);
  void draw_pane(const Exercise& exercise, ExerciseWork& work, ImVec2 size);
  void draw_panes(const ExerciseWork& work, bool narrow);
  void draw_other(ExerciseWork& work, float width);
  void want(Pane pane, ExerciseWork& work);
  Pane toggled(Pane pane) const { return is_open() && pane_ == pane ? Pane::code : pane; }
  void show_line(ExerciseWork& work, int line);

  Exercises* exercises_;
  book::Learner& learner_;
  const Theme& theme_;
  bool to_be_solved_;
  Page::Typesetter set_;
  std::map<std::string, ExerciseWork> works_;
  std::string open_, front_;
  float front_distance_ = 0;
  Pane pane_ = Pane::code;
  CodeEditor solution_;
  CodeDifference difference_;
  std::string shown_solution_, shown_difference_;   // what the two hold
  std::shared_ptr<const CheckView> noted_;    // whose notes the editor shows: of one check in one language
};

}  // namespace tb::viewer
