// A second run beside a lab's own: its inputs, B beside A; and what changes from one to the other.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "figure/compare.h"
#include "viewer/panels/lab_result.h"

namespace tb::viewer {

class Comparison {
 public:
  // `chapter`, `name`, `space`: those of A. B begins as A is, with these inputs over it, as text.
  Comparison(Compute& compute, std::string chapter, std::string name, std::string space,
             std::map<std::string, std::string> over = {});

  // Once a frame, after A's own update.
  void update(LabInstance& a, const book::Directive& directive, std::string_view language);
  bool ready() const { return b_.has_value(); }                 // A's inputs were not known yet
  LabInstance& b() { return *b_; }
  const LabInstance& b() const { return *b_; }
  bool up_to_date(const LabInstance& a) const;

  // The one whose inputs undo, redo and reset are for: chosen, or edited last.
  LabInstance& edited(LabInstance& a) { return edits_b_ && b_ ? *b_ : a; }
  const LabInstance& edited(const LabInstance& a) const { return edits_b_ && b_ ? *b_ : a; }
  figure::Shown shown(bool wide) const;                         // as the learner chose, else as the width suggests
  void show_next(bool wide);                                    // in turn: A, B, B − A, both
  // The inputs of B that differ from A's, as text; where none does, one of them, so that B is told of.
  std::map<std::string, std::string> over(const LabInstance& a) const;
  bool animating() const { return figure_.animating() || shown_b_.figure.animating(); }

  // Inputs with the switch above them, at the cursor; `enter`: the keyboard comes in at the first of them. What the
  // learner wants: to end it with A or B as they are.
  enum class Wish { none, keep_a, keep_b };
  Wish draw_inputs(LabInstance& a, const Theme& theme, float width, bool enter);
  void draw_results(LabInstance& a, ShownResult& shown_a, const Theme& theme, float width);

 private:
  Wish draw_head(LabInstance& a, const Theme& theme, float width);
  void draw_side(LabInstance& lab, const LabInstance& other, const Theme& theme, float width);
  void draw_run(LabInstance& a, ShownResult& shown_a, bool of_b, const Theme& theme, float width, bool signed_run);
  void draw_both(LabInstance& a, ShownResult& shown_a, const Theme& theme, float width);
  void draw_difference(LabInstance& a, ShownResult& shown_a, const Theme& theme, float width);

  Compute& compute_;
  std::string chapter_, name_, space_;
  std::map<std::string, std::string> over_;
  std::optional<LabInstance> b_;
  ShownResult shown_b_;
  FigureView figure_;                                           // of the difference
  std::shared_ptr<const Snapshot> of_a_, of_b_, difference_;    // the difference is of these two
  std::optional<Error> why_not_;
  std::optional<figure::Shown> chosen_;
  bool edits_b_ = true;
};

// Inputs of a saved state or a link: "b.KEY" are those of a comparison's B. Takes them out of `inputs`.
std::map<std::string, std::string> take_over(std::map<std::string, std::string>& inputs);
inline constexpr std::string_view of_b_prefix = "b.";

}  // namespace tb::viewer
