#include "labs/graph/graph.h"

#include <algorithm>
#include <chrono>

#include "labs/columns.h"
#include "labs/model/analysis/graph.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"

namespace tb {
namespace {

std::string name_of(FlowNode::Kind kind) {
  switch (kind) {
    case FlowNode::Kind::token: return "token";
    case FlowNode::Kind::head: return "head";
    case FlowNode::Kind::mlp: return "mlp";
    case FlowNode::Kind::bias: return "bias";
    case FlowNode::Kind::shift: return "shift";
    case FlowNode::Kind::output: return "output";
  }
  return "";
}

// Edges that leave a source: the others only carry on what these bring.
std::int64_t sources_of(const FlowGraph& graph) {
  return std::count_if(graph.edges.begin(), graph.edges.end(), [&](const FlowEdge& edge) {
    const FlowNode::Kind kind = graph.nodes[edge.from].kind;
    return kind != FlowNode::Kind::head && kind != FlowNode::Kind::shift;
  });
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Transformer& transformer = job.model->transformer();
  const auto reading = read_prompt(job, GraphLab::longest, attribution_points(transformer.config()));
  if (!reading) return tl::unexpected(reading.error());
  const std::int64_t query =
      nearest_row(integer_input(job.inputs, "query"), static_cast<std::int64_t>(reading->ids.size()));
  const auto question = question_of(job, *reading->context, query);
  if (!question) return tl::unexpected(question.error());
  const auto all = flow_graph(transformer, *reading->context, query, *question);
  if (!all) return tl::unexpected(all.error());
  const FlowGraph graph = strongest(*all, static_cast<std::size_t>(integer_input(job.inputs, "edges")),
                                    number_input(job.inputs, "least"));

  Snapshot snapshot = begin_snapshot("graph", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", job.model->tokenizer(), reading->ids);
  add_unencodable(snapshot, reading->encoding);
  add_question(snapshot, job.model->tokenizer(), *question);
  std::vector<std::string> kind;
  std::vector<double> layer, head, position, value, from, to, weight;
  for (const FlowNode& node : graph.nodes) {
    kind.push_back(name_of(node.kind));
    layer.push_back(static_cast<double>(node.layer));
    head.push_back(static_cast<double>(node.head));
    position.push_back(static_cast<double>(node.position));
    value.push_back(node.value);
  }
  for (const FlowEdge& edge : graph.edges) {
    from.push_back(static_cast<double>(edge.from));
    to.push_back(static_cast<double>(edge.to));
    weight.push_back(edge.weight);
  }
  add_texts(snapshot, "node.kind", std::move(kind));
  add_numbers(snapshot, "node.layer", "", std::move(layer));
  add_numbers(snapshot, "node.head", "", std::move(head));
  add_numbers(snapshot, "node.position", "", std::move(position));
  add_numbers(snapshot, "node.value", "logit", std::move(value));
  add_numbers(snapshot, "edge.from", "", std::move(from));
  add_numbers(snapshot, "edge.to", "", std::move(to));
  add_numbers(snapshot, "edge.weight", "logit", std::move(weight));
  add_number(snapshot, "graph.answer", "logit", graph.answer);
  add_number(snapshot, "graph.shown", "logit", graph.shown);
  add_number(snapshot, "graph.edges", "", static_cast<double>(sources_of(graph)));
  add_number(snapshot, "graph.all", "", static_cast<double>(sources_of(*all)));
  add_number(snapshot, "graph.query", "", static_cast<double>(query));
  snapshot.tokens_computed = reading->report.computed;
  snapshot.tokens_reused = reading->report.reused;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> GraphLab::fields(const Model*) const {
  const double rows = longest;
  return {
      {.key = "prompt", .initial = std::string("When John and Mary went to the store, John gave a drink to"),
       .max = 4000},
      {.key = "answer", .initial = std::string("Mary"), .max = 60, .forward = false},
      {.key = "other", .initial = std::string("John"), .max = 60, .forward = false},
      {.key = "edges", .initial = std::int64_t{16}, .min = 1, .max = 40, .step = 1, .forward = false},
      {.key = "least", .initial = 0.1, .min = 0, .max = 2, .step = 0.05, .forward = false},
      {.key = "query", .initial = std::int64_t{-1}, .min = -rows, .max = rows - 1, .step = 1, .forward = false},
  };
}

Result<Snapshot> GraphLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
