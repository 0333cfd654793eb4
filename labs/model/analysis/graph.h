// The way from tokens to an answer as a graph: Token -> Attention -> Embedding shift -> Output. Token j is read by head
// h of layer l from row i, which shifts row i's embedding by dh = A_ij W_O^h W_V^h LN(x_j); the edge weighs what that
// shift does to the answer, g = <w_target - w_foil, gamma * dh / rms>, in logits. The sums are exact: what flows into a
// node flows out of it, and what arrives at the output is the model's own answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "labs/model/analysis/attribution.h"

namespace tb {

struct FlowNode {
  enum class Kind { token, head, mlp, bias, shift, output };
  Kind kind = Kind::output;
  std::int64_t layer = -1;      // of head, mlp, bias, shift: what one block adds to the stream
  std::int64_t head = -1;       // of head
  std::int64_t position = -1;   // of token
  double value = 0;             // logits that flow through it; of a token and an mlp: that flow out of it
};

struct FlowEdge {
  std::size_t from = 0, to = 0;   // nodes
  double weight = 0;              // logits; negative: against the target
};

struct FlowGraph {
  std::vector<FlowNode> nodes;    // the output is the last
  std::vector<FlowEdge> edges;    // those that leave a source (token, mlp, bias), then head to shift, shift to output
  std::int64_t position = 0;      // the row that is read
  double answer = 0;              // what the model computes there
  double shown = 0;               // the sum of the edges that leave a source; all of them add up to the answer
};

// The whole graph for one row: n_heads * n_layers * (position + 1) edges from tokens to heads, and the rest.
// position: negative ones count from the end. Reads attribution_points.
// Errors: run.id, analysis.point, analysis.position.
Result<FlowGraph> flow_graph(const Transformer& transformer, const Context& context, std::int64_t position,
                             const Question& question);

// The part that can be drawn: the `count` strongest edges that leave a source and weigh at least `least` (absolute),
// with the way from each to the output. Nodes and the edges after the sources keep their weights; `shown` is what is
// left.
FlowGraph strongest(const FlowGraph& graph, std::size_t count, double least = 0);

}  // namespace tb
