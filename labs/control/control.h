// control: attention redirected in chosen heads, what that does to an answer, and what the same does elsewhere.
// "swap" puts the rows that the chosen heads have in another text, "donor", in the place of this one's.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   answer.{id, ...} [1], other.{...} [1], or [0] without one: the question, asked of the last row
//   edge.{query, key}                    positions: the row that is changed, and the place it is turned to or from
//   heads.{layer, head} [chosen]
//   pattern.{before, after} [chosen, key]   the changed row of each chosen head
//   answer.{before, after, change}       logits: how far the answer is ahead of the other
//   answer.p, other.p [before, after]    probabilities
//   top.{id, bytes, text, special}, top.{before, after}   probabilities of the five best of either run
// Controls: the same change of the answer, by the same action on as many heads drawn at random, and of the chosen heads
// on other places.
//   random.heads, random.change [drawn]
//   keys.position, keys.change [drawn]      empty where the action is on no single place
//   controls.share                       of all controls: how many change the answer at least as much (in size)
#pragma once

#include "labs/lab.h"

namespace tb {

struct ControlLab : Lab {
  std::string_view type() const override { return "control"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 64;   // tokens: each control reads the text again
};

}  // namespace tb
