// heads: what each head of the model does with a text, by one score at a time.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   heads.{previous, induction, duplicate, sink} [layer, head]   shares of attention, 0 to 1 (analysis/patterns.h)
//   heads.entropy [layer, head]          bits, the mean over the rows after the first
//   heads.knock-out [layer, head]        only where it is the score: by how many logits the answer changes when the
//                                        head gathers nothing. NaN where it is not computed yet
//   answer.{id, ...} [1], other.{...}, answer.value       where that is the score: the question, and the answer before
//   heads.over-half                      how many heads have more than 0.5 of the shown score
//   heads.rows                           over how many rows the shown score is a mean: 0 says that the text has none
//   chosen.{layer, head}                 one head, without a choice the one with the largest value
//   chosen.value, chosen.pattern [query, key]
#pragma once

#include "labs/lab.h"

namespace tb {

struct HeadsLab : Lab {
  std::string_view type() const override { return "heads"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 128;   // tokens: the pattern of every head is kept
};

}  // namespace tb
