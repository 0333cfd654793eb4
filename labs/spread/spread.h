// spread: one change over many prompts, beside the same in other heads and at other places. What one prompt
// shows may be that prompt's own; here every template is filled with every pair of words. The action "written" makes any
// change that a SPEC can say, of attention or not; it has no controls but the SPECs that the learner writes for them.
//   prompts.{text, answer, other} [prompt]     the answer is the word for [B], the other one that for [A]
//   prompts.{before, after, change} [prompt]   logits: how far the answer is ahead of the other in the last row
//   look.{before, after} [prompt]              attention from the last row to the place, the mean over the chosen heads
//                                              (NaN for "written", which chooses none)
//   change.{mean, low, high}                   of all prompts, with a 95 % bootstrap interval: templates are drawn, since
//                                              prompts of one template are alike (NaN for one template)
//   change.{least, most}
//   count.{prompts, raised, right-before, right-after}   right: the answer is ahead of the other
// Controls, empty until they are computed:
//   random.heads, random.mean [drawn], random.change [drawn, prompt]   as many heads drawn at random
//   places.mean [drawn], places.change [drawn, prompt]                 the chosen heads, other places of each prompt
//   controls.count, controls.as-large          of these draws: whose mean is at least as large (in size)
#pragma once

#include "labs/lab.h"

namespace tb {

struct SpreadLab : Lab {
  std::string_view type() const override { return "spread"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 64;   // tokens of a prompt
  static constexpr std::int64_t most = 60;      // prompts: each control reads all of them
};

}  // namespace tb
