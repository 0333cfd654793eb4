// patching: which number inside the model carries the difference between two texts?
//   clean.{id, bytes, text, special}, corrupted.{...} [token], unencodable.{at, bytes} of both
//   right.{...}, wrong.{...} [1]         the two answers; the answer is the first one's logit less the second one's
//   answer.clean, answer.corrupted       in logits
//   map.recovery [layer, column]         what comes back of the clean answer when one activation is the clean run's: 0
//                                        nothing, 1 all of it; column: a position, or a head (patched in every row).
//                                        NaN where it is not computed yet
//   map.first                            the first token that is not the same
//   chosen.{layer, column, recovery, answer}   one cell, and the patched answer in logits; without a choice the cell
//                                        where most comes back
#pragma once

#include "labs/lab.h"

namespace tb {

struct PatchingLab : Lab {
  std::string_view type() const override { return "patching"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 64;   // tokens: a run for each layer and position
};

}  // namespace tb
