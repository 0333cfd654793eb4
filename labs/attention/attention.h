// attention: where every head of a layer looks, over the learner's tokens.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   attention.pattern [head, query, key]   the layer's pattern; without the sink, key 0 is dropped and every row
//                                          divided by what is left (a row with nothing left is zeros)
//   attention.sink [head]                  mean weight that queries after the first give to key 0, before dropping it
//   row.{score, masked, exp, weight} [key] the softmax of one head's row `row.query`, step by step: q.k / sqrt(d_head),
//                                          then -inf for keys that may not be seen, then e^(masked - row.max), then
//                                          divided by row.sum
//   row.{layer, head, query, max, sum}     layer, head and query as used: an input beyond the last one means the last
#pragma once

#include "labs/lab.h"

namespace tb {

struct AttentionLab : Lab {
  std::string_view type() const override { return "attention"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 64;   // tokens: more cells than the eye tells apart in one column
};

}  // namespace tb
