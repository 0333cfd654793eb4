// lens: what the model would say next if it stopped after each block.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   lens.{id, bytes, text, special} [step * top]   the most probable tokens after 0, 1, ... blocks, step after step
//   lens.p [step, top]                             their probabilities
//   lens.entropy [step], lens.kl [step]            bits: of the distribution, and what it lacks of the final one
//   lens.depth                                     the first step from which on the first of them is the final one
//   lens.fitted                                    tokens that the translator was fitted on; 0: the plain lens
//   lens.query                                     the row that is read: an input beyond the last one means the last
// With view "grid" also all rows at once, or of a longer text the `widest` around the row that is read:
//   grid.first                                     the position of the first of them
//   grid.{id, bytes, text, special} [step * row]   the most probable token after each step, step after step
//   grid.p, grid.rank [step, row]                  its probability; how many tokens are ahead of the row's final one
//   grid.step                                      the step that is chosen
#pragma once

#include "labs/lab.h"

namespace tb {

struct LensLab : Lab {
  std::string_view type() const override { return "lens"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t widest = 24;
  static constexpr std::int64_t longest = 512;   // tokens: the whole stream of each is kept
};

}  // namespace tb
