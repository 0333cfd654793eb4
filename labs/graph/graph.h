// graph: the way from tokens to an answer, Token -> Attention -> Embedding shift -> Output, with what each edge weighs.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   answer.{id, ...} [1], other.{...} [1] or [0]   the answer's logit is asked for, less the other's where there is one
//   node.kind [node]                     token, head, mlp, bias, shift or output (the last one)
//   node.{layer, head, position} [node]  -1 where it has none
//   node.value [node]                    logits that flow through it, those of edges that are not shown included
//   edge.{from, to} [edge]               nodes
//   edge.weight [edge]                   logits; negative: against the answer
//   graph.answer, graph.shown            what the model computes; the sum of the shown edges that leave a source
//   graph.edges, graph.all               how many of those are shown, and how many there are
//   graph.query                          the row that is read: an input beyond the last one means the last
#pragma once

#include "labs/lab.h"

namespace tb {

struct GraphLab : Lab {
  std::string_view type() const override { return "graph"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 128;   // tokens: the pattern of every head is kept
};

}  // namespace tb
