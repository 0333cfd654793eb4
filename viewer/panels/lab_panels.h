// The labs of a chapter as cards in the text: inputs made from the lab's fields, the figure of its newest snapshot,
// a quiet footer. One piece of state for each instance; it outlives chapters' redraws and language switches.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "book/document.h"
#include "labs/compute.h"
#include "viewer/panels/lab_actions.h"
#include "viewer/theme.h"

namespace tb::viewer {

class LabPanels {
 public:
  // `space` keeps apart what computes for these panels and for others of the same labs: "present/3/", "" for the reader.
  explicit LabPanels(Compute& compute, std::string space = "");
  ~LabPanels();

  // Draws the card of a `lab` directive at the cursor, `width` wide. `chapter` makes the instance's name unique.
  // Returns where the learner wants it to stand, in the frame in which that was asked for.
  LabWish draw(std::string_view chapter, const book::Directive& directive, float width, const Theme& theme,
               const LabSeat& seat = {});

  // Inputs of an instance as text, to be saved and restored ("" keys where it was never drawn).
  std::map<std::string, std::string> inputs(std::string_view chapter, std::string_view instance) const;
  // With "b.KEY" among them the card compares (viewer/panels/lab_compare.h).
  void set_inputs(std::string_view chapter, std::string_view instance, std::map<std::string, std::string> inputs);
  // Begins to compare; where it does already, shows the next of A, B, B − A and both.
  void compare(std::string_view chapter, std::string_view instance);
  bool settled(std::string_view chapter, std::string_view instance) const;   // a comparison has read what it waits for
  // Only what differs from the chapter's presets.
  std::map<std::string, std::string> changes(std::string_view chapter, std::string_view instance) const;
  // To the presets, with these over them: what a lesson's step begins with.
  void begin_with(std::string_view chapter, std::string_view instance, std::map<std::string, std::string> inputs);
  // For a question about a lab that may be out of sight: its answer is taken, and its inputs are posted.
  void keep_up(std::string_view chapter, const book::Directive& directive, const Theme& theme);
  // The whole result with these inputs over the presets, if that is what the lab has come to; else null.
  std::shared_ptr<const Snapshot> result_with(std::string_view chapter, std::string_view instance,
                                              const std::map<std::string, std::string>& inputs) const;
  bool stands_at(std::string_view chapter, std::string_view instance,
                 const std::map<std::string, std::string>& inputs) const;
  bool waits_for_start(std::string_view chapter, std::string_view instance) const;   // one that runs for long
  // The same names as Compute's: "02-small/capital" in the reader's own space.
  std::string slot(std::string_view chapter, std::string_view instance) const;
  bool animating() const;   // values move to their new place: wants another frame
  std::function<void(std::string_view chapter, std::string_view instance)> changed;   // may be empty
  // The learner, not the chapter or what was remembered, changed an input or started a run; may be empty.
  std::function<void(std::string_view chapter, std::string_view instance)> tried;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb::viewer
