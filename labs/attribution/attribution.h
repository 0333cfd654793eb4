// attribution: which part of the model wrote how much of an answer straight to the output.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   answer.{id, ...} [1], other.{...} [1] or [0]   the answer's logit is asked for, less the other's where there is one
//   parts.embedding                      terms in logits; together they are the answer
//   parts.heads [layer, head], parts.mlps [layer]
//   parts.biases [layer]                 only in a model whose attention adds a bias after its heads
//   layers.attention [layer]             heads and bias of a layer together
//   layers.running [layer + 1]           the sum so far: after the embedding, after each block
//   total.sum, total.answer              of all parts; what the model itself computes
//   row.query                            the row that is read: an input beyond the last one means the last
//   chosen.{layer, head}                 one head, without a choice the one with the largest term, whatever its sign
//   chosen.sources [key]                 the head's term by the tokens it read
#pragma once

#include "labs/lab.h"

namespace tb {

struct AttributionLab : Lab {
  std::string_view type() const override { return "attribution"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 128;   // tokens: the pattern of every head is kept
};

}  // namespace tb
