#include "labs/model/analysis/graph.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <ATen/ATen.h>

namespace tb {

namespace {

using Kind = FlowNode::Kind;

bool is_source(const FlowNode& node) {
  return node.kind == Kind::token || node.kind == Kind::mlp || node.kind == Kind::bias;
}

// A graph that grows: edges carry their weight into the nodes.
struct Growing {
  FlowGraph graph;

  std::size_t node(FlowNode node) {
    graph.nodes.push_back(node);
    return graph.nodes.size() - 1;
  }
  void edge(std::size_t from, std::size_t to, double weight) {
    graph.edges.push_back({from, to, weight});
    graph.nodes[to].value += weight;
    if (!is_source(graph.nodes[from])) return;
    graph.nodes[from].value += weight;
    graph.shown += weight;
  }
};

}  // namespace

Result<FlowGraph> flow_graph(const Transformer& transformer, const Context& context, std::int64_t position,
                             const Question& question) {
  const Config& config = transformer.config();
  const auto row = row_at(position, static_cast<std::int64_t>(context.ids().size()));
  if (!row) return tl::unexpected(row.error());
  const auto parts = attribute(transformer, context, question);
  if (!parts) return tl::unexpected(parts.error());

  // Place the nodes.
  Growing growing;
  growing.graph.position = *row;
  growing.graph.answer = parts->answer[*row].item<double>();
  std::vector<std::size_t> tokens, shifts;
  std::vector<std::vector<std::size_t>> heads(config.n_layers);
  for (std::int64_t j = 0; j <= *row; ++j) tokens.push_back(growing.node({.kind = Kind::token, .position = j}));
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    for (std::int64_t head = 0; head < config.n_heads; ++head)
      heads[layer].push_back(growing.node({.kind = Kind::head, .layer = layer, .head = head}));
    shifts.push_back(growing.node({.kind = Kind::shift, .layer = layer}));
  }

  // Let what each source tells flow in: tokens to heads, MLPs to shifts, the row's embedding straight to the output.
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    const auto sources = attribute_sources(transformer, context, layer, question);
    if (!sources) return tl::unexpected(sources.error());
    const at::Tensor told = sources->select(1, *row).contiguous();                       // [head, key]
    const double* weight = told.const_data_ptr<double>();
    for (std::int64_t head = 0; head < config.n_heads; ++head)
      for (std::int64_t j = 0; j <= *row; ++j)
        growing.edge(tokens[j], heads[layer][head], weight[head * told.size(1) + j]);
    const auto add = [&](Kind kind, const at::Tensor& terms) {
      growing.edge(growing.node({.kind = kind, .layer = layer}), shifts[layer], terms[layer][*row].item<double>());
    };
    if (config.d_mlp > 0) add(Kind::mlp, parts->mlps);
    if (transformer.weights().blocks[layer].out.bias.defined()) add(Kind::bias, parts->biases);
  }
  const std::size_t output = growing.node({.kind = Kind::output});
  growing.edge(tokens[*row], output, parts->embedding[*row].item<double>());

  // And on: from heads to the shift of their layer, from the shifts to the output.
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer)
    for (const std::size_t head : heads[layer]) growing.edge(head, shifts[layer], growing.graph.nodes[head].value);
  for (const std::size_t shift : shifts) growing.edge(shift, output, growing.graph.nodes[shift].value);
  return std::move(growing.graph);
}

FlowGraph strongest(const FlowGraph& graph, std::size_t count, double least) {
  // Choose among the edges that leave a source.
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < graph.edges.size(); ++i)
    if (is_source(graph.nodes[graph.edges[i].from]) && std::abs(graph.edges[i].weight) >= least) chosen.push_back(i);
  std::stable_sort(chosen.begin(), chosen.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(graph.edges[a].weight) > std::abs(graph.edges[b].weight);
  });
  chosen.resize(std::min(count, chosen.size()));
  const std::set<std::size_t> kept(chosen.begin(), chosen.end());

  // Follow them: edges stand in the order of the way, so one pass finds what is reached.
  std::vector<bool> reached(graph.nodes.size());
  std::vector<FlowEdge> edges;
  double shown = 0;
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const FlowEdge& edge = graph.edges[i];
    const bool source = is_source(graph.nodes[edge.from]);
    if (source ? !kept.contains(i) : !reached[edge.from]) continue;
    reached[edge.from] = reached[edge.to] = true;
    if (source) shown += edge.weight;
    edges.push_back(edge);
  }

  // Number what is left anew.
  FlowGraph smaller{.position = graph.position, .answer = graph.answer, .shown = shown};
  reached[graph.nodes.size() - 1] = true;   // the output stays, even alone
  std::vector<std::size_t> number(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    number[i] = smaller.nodes.size();
    if (reached[i]) smaller.nodes.push_back(graph.nodes[i]);
  }
  for (const FlowEdge& edge : edges) smaller.edges.push_back({number[edge.from], number[edge.to], edge.weight});
  return smaller;
}

}  // namespace tb
