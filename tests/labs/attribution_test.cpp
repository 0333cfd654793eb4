// Attribution and the graph: every sum must come out, on the bundled model and on a tiny one of the other family.
#include <algorithm>
#include <cmath>
#include <map>

#include "labs/model/analysis/attribution.h"
#include "labs/model/analysis/graph.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

constexpr std::int64_t mary = 5099, john = 2322;

std::shared_ptr<Model> tiny_model() {
  LoadOptions options;
  options.path = "tests/reference/qwen3-tiny/tiny.gguf";
  options.device = "cpu";
  const auto model = Model::load(options, {});
  if (!model) throw std::runtime_error(model.error().code);
  return *model;
}

Context attributable(Model& model, const std::vector<std::int64_t>& ids, const std::vector<std::string>& specs = {}) {
  Context context(model);
  const Config& config = model.transformer().config();
  const auto probes = Probes::of(model, attribution_points(config));
  if (!probes) throw std::runtime_error(probes.error().code);
  std::vector<Intervention> interventions;
  for (const std::string& spec : specs) interventions.push_back(Intervention::parse(spec, config).value());
  const auto report = context.run(ids, *probes, interventions, {});
  if (!report) throw std::runtime_error(report.error().code);
  return context;
}

Attribution attributed(const Model& model, const Context& context, const Question& question) {
  const auto parts = attribute(model.transformer(), context, question);
  if (!parts) throw std::runtime_error(parts.error().code);
  return *parts;
}

// What flows into and out of each node of a graph.
struct Flow {
  std::map<std::size_t, double> in, out;
  explicit Flow(const FlowGraph& graph) {
    for (const FlowEdge& edge : graph.edges) {
      out[edge.from] += edge.weight;
      in[edge.to] += edge.weight;
    }
  }
};

}  // namespace

TEST_CASE("Embedding, heads and MLPs add up to the logit", "[analysis]") {
  Model& model = bundled_model();
  double worst = 0;
  for (const char* text : {"When John and Mary went to the store, John gave a drink to", "The capital of France is",
                           "x", "def add(a, b):\n    return a +", "To be or not to"}) {
    const auto ids = model.tokenizer().encode(text).ids();
    const Context context = attributable(model, ids);
    for (const Question& question : {Question{mary, john}, Question{mary, {}}, Question{0, 49151}}) {
      INFO(text << " " << question.target);
      const Attribution parts = attributed(model, context, question);
      const auto n = static_cast<std::int64_t>(ids.size());
      CHECK(parts.heads.sizes().vec() == std::vector<std::int64_t>{30, 9, n});
      CHECK(parts.mlps.sizes().vec() == std::vector<std::int64_t>{30, n});
      CHECK(parts.error() < 1e-3);
      worst = std::max(worst, parts.error());
      // The answer is the model's own: its logits after the last token.
      const at::Tensor logits = context.last_logits();
      const float expected = logits[question.target].item<float>() -
                             (question.foil ? logits[*question.foil].item<float>() : 0.0f);
      CHECK(parts.answer[n - 1].item<double>() == Approx(expected).margin(tolerance));
    }
  }
  WARN("attribution: the terms miss the logit by " << worst << " of it at most (limit 1e-3)");
}

TEST_CASE("Attribution holds in the Qwen3 family, with a head that is not the embedding", "[analysis]") {
  const auto model = tiny_model();
  const Context context = attributable(*model, {5, 7, 9, 5, 7, 100, 258});
  const Attribution parts = attributed(*model, context, {9, 100});
  CHECK(parts.heads.sizes().vec() == std::vector<std::int64_t>{2, 4, 7});
  CHECK(parts.error() < 1e-4);
}

TEST_CASE("A difference of logits is attributed as the difference of attributions", "[analysis]") {
  Model& model = bundled_model();
  const Context context = attributable(model, store);
  const Attribution a = attributed(model, context, {mary, {}}), b = attributed(model, context, {john, {}});
  const Attribution difference = attributed(model, context, {mary, john});
  CHECK(largest_difference(a.heads - b.heads, difference.heads) < 1e-5);
  CHECK(largest_difference(a.mlps - b.mlps, difference.mlps) < 1e-4);
}

TEST_CASE("A head that is ablated adds nothing, and the sum still comes out", "[analysis]") {
  Model& model = bundled_model();
  const Context context = attributable(model, store, {"ablate-head:layer=20,head=3"});
  const Attribution parts = attributed(model, context, {mary, john});
  CHECK(parts.heads[20][3].abs().max().item<double>() == 0);
  CHECK(parts.heads[20][4].abs().max().item<double>() > 0);
  CHECK(parts.error() < 1e-3);
}

TEST_CASE("A head's term is the sum over the tokens it read from", "[analysis]") {
  const auto tiny = tiny_model();
  for (Model* model : {&bundled_model(), tiny.get()}) {
    const auto ids = model == tiny.get() ? std::vector<std::int64_t>{4, 5, 6, 4, 5} : store;
    const Context context = attributable(*model, ids);
    const Question question{9, 100};
    const Attribution parts = attributed(*model, context, question);
    double worst = 0;
    for (std::int64_t layer = 0; layer < model->info().n_layers; ++layer) {
      const auto sources = attribute_sources(model->transformer(), context, layer, question);
      REQUIRE(sources);
      worst = std::max(worst, largest_difference(sources->sum(-1), parts.heads[layer]));
      CHECK(sources->triu(1).abs().max().item<double>() == 0);   // nothing comes from the future
    }
    INFO(worst);
    CHECK(worst < 1e-4);
  }
}

TEST_CASE("One edge by hand: what a head reads from a token, moved to the stream and read as the logit", "[analysis]") {
  // The term of (layer 1, head 2, row 4, token 1) of the tiny model, loop by loop from its weights.
  const auto model = tiny_model();
  const std::vector<std::int64_t> ids = {4, 5, 6, 4, 5};
  Context context(*model);
  std::vector<std::string> points = attribution_points(model->transformer().config());
  points.insert(points.end(), {"blocks.1.norm1", "blocks.1.resid_post"});
  REQUIRE(context.run(ids, Probes::of(*model, points).value(), {}, {}));
  const Config& c = model->transformer().config();
  const Weights& w = model->transformer().weights();
  const at::Tensor read = context.point("blocks.1.norm1")[1].to(at::kDouble);
  const std::int64_t first_value = (c.n_heads + c.n_kv_heads + 2 / c.group()) * c.d_head;   // of kv head 1
  const at::Tensor w_v = unpacked(w.blocks[1].qkv).slice(0, first_value, first_value + c.d_head).to(at::kDouble);
  const at::Tensor w_o = unpacked(w.blocks[1].out).slice(1, 2 * c.d_head, 3 * c.d_head).to(at::kDouble);
  const double weight = context.point("blocks.1.attn.pattern")[2][4][1].item<double>();
  const at::Tensor shift = weight * w_o.mv(w_v.mv(read));   // [d_model]
  const at::Tensor stream = context.point("blocks.1.resid_post")[4].to(at::kDouble);
  const double rms = std::sqrt(stream.square().mean().item<double>() + c.norm_epsilon);
  const at::Tensor unembedding = (unpacked(w.head)[9] - unpacked(w.head)[100]).to(at::kDouble);
  const double expected = (unembedding * w.final_norm.to(at::kDouble)).dot(shift).item<double>() / rms;
  const auto sources = attribute_sources(model->transformer(), context, 1, {9, 100});
  REQUIRE(sources);
  CHECK((*sources)[2][4][1].item<double>() == Approx(expected).epsilon(1e-4));
  CHECK(std::abs(expected) > 1e-3);
}

TEST_CASE("What flows into a node of the graph flows out of it, and arrives as the answer", "[analysis]") {
  const auto tiny = tiny_model();
  for (Model* model : {&bundled_model(), tiny.get()}) {
    const auto ids = model == tiny.get() ? std::vector<std::int64_t>{4, 5, 6, 4, 5} : store;
    const Context context = attributable(*model, ids);
    const Question question{9, 100};
    const auto graph = flow_graph(model->transformer(), context, -1, question);
    REQUIRE(graph);
    const Flow flow(*graph);
    const auto n = static_cast<std::int64_t>(ids.size());
    const Attribution parts = attributed(*model, context, question);
    for (std::size_t i = 0; i < graph->nodes.size(); ++i) {
      const FlowNode& node = graph->nodes[i];
      const double in = flow.in.contains(i) ? flow.in.at(i) : 0, out = flow.out.contains(i) ? flow.out.at(i) : 0;
      if (node.kind == FlowNode::Kind::head || node.kind == FlowNode::Kind::shift)
        CHECK(in == Approx(out).margin(1e-9));
      if (node.kind == FlowNode::Kind::head)
        CHECK(node.value == Approx(parts.heads[node.layer][node.head][n - 1].item<double>()).margin(1e-4));
      if (node.kind == FlowNode::Kind::token) CHECK(node.position < n);
    }
    CHECK(graph->nodes.back().kind == FlowNode::Kind::output);
    CHECK(graph->nodes.back().value == Approx(graph->answer).epsilon(1e-3));
    CHECK(graph->shown == Approx(graph->answer).epsilon(1e-3));
    const at::Tensor logits = context.last_logits();
    CHECK(graph->answer == Approx((logits[9] - logits[100]).item<double>()).margin(tolerance));
  }
}

TEST_CASE("Pruning keeps the strongest edges and their way to the output", "[analysis]") {
  const auto model = tiny_model();
  const Context context = attributable(*model, {4, 5, 6, 4, 5});
  const auto graph = flow_graph(model->transformer(), context, 3, {9, 100});
  REQUIRE(graph);
  const auto is_source = [](const FlowGraph& g, const FlowEdge& edge) {
    const auto kind = g.nodes[edge.from].kind;
    return kind == FlowNode::Kind::token || kind == FlowNode::Kind::mlp;
  };
  std::vector<double> weights;
  for (const FlowEdge& edge : graph->edges)
    if (is_source(*graph, edge)) weights.push_back(std::abs(edge.weight));
  CHECK(weights.size() == 2 * 4 * 4 + 2 + 1);   // tokens to heads, MLPs, the row's own embedding
  std::sort(weights.rbegin(), weights.rend());

  const FlowGraph some = strongest(*graph, 5);
  double shown = 0;
  std::size_t sources = 0;
  for (const FlowEdge& edge : some.edges) {
    REQUIRE(edge.to < some.nodes.size());
    if (!is_source(some, edge)) continue;
    ++sources;
    shown += edge.weight;
    CHECK(std::abs(edge.weight) >= weights[4]);
  }
  CHECK(sources == 5);
  CHECK(some.shown == Approx(shown));
  const Flow flow(some);
  for (std::size_t i = 0; i + 1 < some.nodes.size(); ++i) CHECK(flow.out.contains(i));   // no dead ends
  CHECK(some.nodes.back().kind == FlowNode::Kind::output);

  CHECK(strongest(*graph, 1000).edges.size() == graph->edges.size());
  CHECK(strongest(*graph, 1000).shown == Approx(graph->shown));
  CHECK(strongest(*graph, 0).nodes.size() == 1);
  CHECK(strongest(*graph, 0).edges.empty());
  const FlowGraph strong = strongest(*graph, 1000, weights[2]);
  const auto from_source = [&](const FlowEdge& edge) { return is_source(strong, edge); };
  CHECK(std::count_if(strong.edges.begin(), strong.edges.end(), from_source) == 3);
}

TEST_CASE("Questions that have no answer are errors", "[analysis]") {
  const auto model = tiny_model();
  const Transformer& transformer = model->transformer();
  const Context context = attributable(*model, {4, 5, 6});
  CHECK(attribute(transformer, context, {259, {}}).error().code == "run.id");
  CHECK(attribute(transformer, context, {0, -1}).error().code == "run.id");
  CHECK(attribute_sources(transformer, context, 2, {0, {}}).error().code == "analysis.layer");
  CHECK(flow_graph(transformer, context, 3, {0, {}}).error().code == "analysis.position");
  CHECK(flow_graph(transformer, context, -4, {0, {}}).error().code == "analysis.position");
  Context bare(*model);
  REQUIRE(bare.run(std::vector<std::int64_t>{4, 5}, Probes(), {}, {}));
  const auto missing = attribute(transformer, bare, {0, {}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == "analysis.point");
  CHECK(missing.error().where == "blocks.1.resid_post");
}
