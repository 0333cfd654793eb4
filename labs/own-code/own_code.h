// The lab of the learner's own function in the running model: what theirs makes of the next token, beside ours.
//
// Columns, with L = n_layers:
//   tokens.{id, bytes, text, special} [pos]
//   bars.{id, bytes, text, special} [k]: the tokens that ours or theirs finds most probable
//   bars.ours, bars.theirs, bars.difference [k]: their probabilities; difference: theirs - ours
//   logits.difference [1]: the largest |theirs - ours| of all logits; logits.equal [1]: how many have equal bits
//   slot.difference [L + 1]: the largest difference of the function's own numbers from ours, given the same input, at
//     each layer and (last) behind them
//   layers.difference [L]: of the residual stream behind each layer; layers.relative [L]: the same, divided by the
//     largest number that ours has there
//   first.layer [1]: the first layer with a relative difference beyond rounding (1e-4), -1: none; first.difference [1]
//   layer.ours, layer.theirs [1]: milliseconds that a layer took; calls.count, calls.milliseconds [1]: of the function,
//     for one call. These differ from run to run
//   ended.reason, ended.detail [n]: why the function was ended, none where it served to the end; ended.layer [n]
#pragma once

#include "labs/lab.h"

namespace tb {

class OwnCodeLab : public Lab {
 public:
  std::string_view type() const override { return "own-code"; }
  std::vector<Field> fields(const Model* model) const override;
  // Errors: own-code.unstarted (the workspace has no solution of this exercise), own-code.mistake (not a known one),
  // own-code.compile, and those of the model's run.
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
