// rotation: one score of one head, taken apart into the pairs of numbers that rotary positions turn (Su et al. 2021).
// A pair is two numbers of a head, i and i + d_head/2; the query's turns by its position times the pair's frequency, and
// so does the key's, so their product depends on the distance between them alone.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   edge.{layer, head, query, key}
//   pair.frequency                       radians from one position to the next
//   pair.period                          tokens in a whole turn
//   pair.{query, key}                    how far the positions have turned it: radians in [0, 2 pi)
//   pair.angle                           between the query's two numbers and the key's, once both are turned: (-pi, pi]
//   pair.length                          the most that the pair could add to the score: both lengths, scaled
//   pair.score                           what it adds: length * cos(angle)
//   score.sum                            their sum: the score of the model, before mask and softmax
//   distance.score [distance]            the score if the key stood so many tokens before the query, 0 and on
#pragma once

#include "labs/lab.h"

namespace tb {

struct RotationLab : Lab {
  std::string_view type() const override { return "rotation"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 128;    // tokens
};

}  // namespace tb
