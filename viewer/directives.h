// What stands in the text besides text: labs as cards; code regions, predictions, quizzes and exercises as blocks.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "book/claims.h"
#include "viewer/exercises/exercise_blocks.h"
#include "viewer/page/page.h"
#include "viewer/panels/lab_panels.h"
#include "viewer/predict_block.h"

namespace tb::viewer {

// The labs that stand elsewhere than in the text, by their instance; "" for none.
struct LabSeats {
  std::string pinned, enlarged;
  bool operator==(const LabSeats&) const = default;
};

class Directives : public DirectiveHost {
 public:
  // Without a learner answers are not kept: a lecture's are nobody's, and exercises are only shown.
  Directives(std::filesystem::path root, LabPanels& labs, const Theme& theme, book::Learner* learner = nullptr,
             Exercises* exercises = nullptr);

  // The chapter whose directives will be drawn; the theme gives the language of numbers.
  void show(std::string chapter, const book::Document& document);
  void begin_frame();
  // The labs drawn in this frame, by their instance.
  const std::set<std::string>& labs_in_sight() const { return in_sight_; }
  // A block that should come into sight, as an index into the document's blocks; asked once.
  std::optional<std::size_t> take_wanted_block() { return std::exchange(wanted_block_, std::nullopt); }
  // The lab that is nearest to the middle of the window takes the keyboard in the next frame.
  void enter_lab() { enter_ = nearest_; }
  // It takes the whole window, or gives it back.
  void enlarge_lab() { enlarged_ = enlarged_.empty() ? nearest_ : ""; }
  void enlarge_lab(std::string instance) { enlarged_ = std::move(instance); }
  void compare_lab() { labs_.compare(chapter_, nearest_); }
  // Over the whole window the result stands right under the lab's texts.
  void set_result_first() { result_first_ = true; }
  void shrink_lab() { enlarged_.clear(); }
  const std::string& lab_in_front() const { return nearest_; }   // of those drawn in the last frame; "" for none
  LabSeats seats() const { return {pinned_, enlarged_}; }
  void seat(const LabSeats& seats);           // those that the chapter has
  bool is_enlarged() const { return !enlarged_.empty(); }
  void draw_enlarged(float width) { draw_seated(enlarged_, width, LabSeat::Where::window); }
  // One stands beside the text while its place in the text is a line. `no_room`: why none can, "" where one can.
  void set_room_beside(std::string no_room) { no_room_ = std::move(no_room); }
  bool is_pinned() const { return !pinned_.empty() && no_room_.empty(); }
  void draw_pinned(float width) { draw_seated(pinned_, width, LabSeat::Where::beside); }

  ExerciseBlocks& exercises() { return exercises_; }
  const ExerciseBlocks& exercises() const { return exercises_; }

  // The lines of a code directive for the page to set; nullopt where they cannot be read (then drawn as an error).
  std::optional<std::string> listing(const book::Directive& directive) const;
  void draw_directive(const book::Directive& directive, float width) override;
  std::string link_tip(std::string_view target) override;

 private:
  void draw_lab(const book::Directive& directive, float width, LabSeat::Where where);
  void draw_seated(const std::string& instance, float width, LabSeat::Where where);
  void draw_placeholder(const book::Directive& directive, float width);
  void draw_unreadable_code(const book::Directive& directive, float width);

  std::filesystem::path root_;
  LabPanels& labs_;
  const Theme& theme_;
  book::Learner unkept_{nullptr};
  book::Learner& learner_;
  PredictBlocks predictions_;
  ExerciseBlocks exercises_;
  std::string chapter_;
  std::map<std::string, book::Claim> claims_;
  std::map<std::string, Error> unreadable_;           // why a region cannot be read, by path#region
  std::set<std::string> in_sight_;
  std::map<std::string, const book::Directive*> labs_of_chapter_;   // by instance, in the document shown
  std::map<std::string, std::size_t> block_of_;                     // of a predict, by its id
  std::optional<std::size_t> wanted_block_;
  std::string nearest_, enter_, enlarged_, pinned_, no_room_;       // instances, but for the last
  float nearest_distance_ = 0;
  bool result_first_ = false;
};

}  // namespace tb::viewer
