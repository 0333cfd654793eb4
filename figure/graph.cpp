// The way from tokens to an answer: four columns of nodes, and edges as thick as what they carry.
#include <algorithm>
#include <array>

#include "figure/layer_map.h"

namespace tb::figure {
namespace {

struct Node {
  std::string kind;
  std::size_t layer = 0, head = 0, position = 0;
  double value = 0;
  Box box;
  float middle() const { return box.y + box.h / 2; }
};
struct Edge {
  std::size_t from = 0, to = 0;
  double weight = 0;
};

class GraphFigure {
 public:
  GraphFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")) {
    const auto index = [](const std::vector<double>& numbers, std::size_t i) {
      return static_cast<std::size_t>(std::max(numbers[i], 0.0));
    };
    const std::vector<std::string>& kind = snapshot.texts("node.kind");
    const std::vector<double>&layer = snapshot.numbers("node.layer"), &head = snapshot.numbers("node.head"),
          &position = snapshot.numbers("node.position"), &value = snapshot.numbers("node.value"),
          &from = snapshot.numbers("edge.from"), &to = snapshot.numbers("edge.to"),
          &weight = snapshot.numbers("edge.weight");
    for (std::size_t i = 0; i < kind.size(); ++i)
      nodes_.push_back({kind[i], index(layer, i), index(head, i), index(position, i), value[i], {}});
    for (std::size_t i = 0; i < from.size(); ++i) edges_.push_back({index(from, i), index(to, i), weight[i]});
  }

  Figure draw() {
    figure_.width = look_.width;
    if (tokens_.empty() || nodes_.empty()) return {};
    float y = token_rows(pen_, look_, tokens_, static_cast<std::size_t>(number_of(snapshot_, "graph.query")), 0);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_key(y + pen_.px(8));
    y = place_nodes(draw_heads(y));
    for (const bool front : {false, true})   // what is lit lies over what is not
      for (std::size_t i = 0; i < edges_.size(); ++i)
        if (lit(i) == front) draw_edge(i);
    for (std::size_t i = 0; i < edges_.size(); ++i) hit_edge(i);
    for (std::size_t i = 0; i < nodes_.size(); ++i) draw_node(i);
    y = draw_sum(y + pen_.px(10));
    figure_.height = std::ceil(y);
    figure_.alt = alt();
    return std::move(figure_);
  }

 private:
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  std::string question() const { return question_name(pen_, snapshot_, "answer", "other"); }
  Color sign(double weight) const {
    return weight < 0 ? pen_.colors().diverging.front() : pen_.colors().diverging.back();
  }
  bool source(const Edge& edge) const {
    const std::string& kind = nodes_[edge.from].kind;
    return kind == "token" || kind == "mlp" || kind == "bias";
  }
  // Tokens, what reads them and what writes on its own, what a layer adds, the output.
  std::size_t column(const Node& node) const {
    return node.kind == "token" ? 0 : node.kind == "shift" ? 2 : node.kind == "output" ? 3 : 1;
  }

  std::string name(const Node& node) const {
    const std::string layer = std::to_string(node.layer);
    if (node.kind == "token") return pen_.quoted(tokens_[std::min(node.position, tokens_.size() - 1)]);
    if (node.kind == "head") return pen_.word("figure.attention.head", {layer, std::to_string(node.head)});
    if (node.kind == "mlp") return pen_.word("figure.attribution.mlp", {layer});
    if (node.kind == "bias") return pen_.word("figure.attribution.bias", {layer});
    if (node.kind == "shift") return pen_.word("figure.graph.shift", {layer});
    return question();
  }

  // What thickness, colour and dashes mean.
  float draw_key(float y) {
    const float size = 11.5f, length = pen_.px(26);
    float x = 0;
    for (const bool against : {false, true}) {
      const std::string words = pen_.word(against ? "figure.graph.against" : "figure.graph.for");
      const float width = length + pen_.px(6) + pen_.width(words, Face::text, size);
      if (x > 0 && x + width > look_.width) {
        x = 0;
        y += pen_.px(17);
      }
      pen_.line(x, y + pen_.px(7), x + length, y + pen_.px(7), sign(against ? -1 : 1), 3, against);
      pen_.text(x + length + pen_.px(6), y + pen_.px(11), words, pen_.colors().muted, size);
      x += width + pen_.px(18);
    }
    return y + pen_.px(22);
  }

  // The columns: where they stand, how wide their nodes are, what they are called.
  float left_of(std::size_t column) const {
    const std::array<float, 4> widths = node_widths();
    const float gap = (look_.width - widths[0] - widths[1] - widths[2] - widths[3]) / 3;
    float x = 0;
    for (std::size_t i = 0; i < column; ++i) x += widths[i] + gap;
    return x;
  }
  std::array<float, 4> node_widths() const {
    const float unit = std::min(look_.width, pen_.px(640));
    return {unit * 0.15f, unit * 0.18f, unit * 0.18f, unit * 0.16f};
  }

  float draw_heads(float y) {
    const char* names[] = {"figure.graph.tokens", "figure.graph.attention", "figure.graph.shifts",
                           "figure.graph.output"};
    for (std::size_t i = 0; i < 4; ++i) {
      const float width = node_widths()[i], room = width + pen_.px(24);
      const float anchor = i == 0 ? 0 : i == 3 ? 1 : 0.5f;
      pen_.text(left_of(i) + width * anchor, y + pen_.px(12), pen_.fit(pen_.word(names[i]), room, 12, Face::text_bold),
                pen_.colors().muted, 12, anchor, Face::text_bold);
    }
    return y + pen_.px(22);
  }

  // Each column from above to below: tokens as they are read, parts by layer. Returns the y below the longest.
  float place_nodes(float y) {
    std::array<std::vector<std::size_t>, 4> columns;
    for (std::size_t i = 0; i < nodes_.size(); ++i) columns[column(nodes_[i])].push_back(i);
    std::stable_sort(columns[1].begin(), columns[1].end(),
                     [&](std::size_t a, std::size_t b) { return nodes_[a].layer < nodes_[b].layer; });
    std::size_t most = 1;
    for (const auto& list : columns) most = std::max(most, list.size());
    const float row = std::clamp(pen_.px(700) / static_cast<float>(most), pen_.px(25), pen_.px(30));
    const float height = std::max(static_cast<float>(most) * row, pen_.px(120));
    const float node = pen_.px(most > 24 ? 21.f : 24.f);
    const float last = pen_.px(snapshot_.numbers("other.id").empty() ? 45.f : 62.f);
    for (std::size_t c = 0; c < 4; ++c) {
      const float room = height / static_cast<float>(std::max<std::size_t>(columns[c].size(), 1));
      for (std::size_t i = 0; i < columns[c].size(); ++i) {
        const float tall = c == 3 ? last : node;
        nodes_[columns[c][i]].box = {left_of(c), y + (static_cast<float>(i) + 0.5f) * room - tall / 2, node_widths()[c],
                                     tall};
      }
    }
    return y + height;
  }

  // What is lit: all, or what belongs to the thing pointed at.
  bool lit(std::size_t edge) const {
    const std::string& at = look_.hovered.empty() ? look_.selected : look_.hovered;
    if (at.starts_with("edge/")) return at == "edge/" + std::to_string(edge);
    if (at.starts_with("node/"))
      return at == "node/" + std::to_string(edges_[edge].from) || at == "node/" + std::to_string(edges_[edge].to);
    return true;
  }

  // A point of the edge's curve, which leaves and arrives level; t in 0..1.
  std::pair<float, float> on_curve(const Edge& edge, float t) const {
    const Node &from = nodes_[edge.from], &to = nodes_[edge.to];
    const float a = from.box.x + from.box.w, b = to.box.x;
    return {a + (b - a) * t, from.middle() + (to.middle() - from.middle()) * t * t * (3 - 2 * t)};
  }

  double largest() const {
    double weight = 1e-9;
    for (const Edge& edge : edges_) weight = std::max(weight, std::abs(edge.weight));
    return weight;
  }

  void draw_edge(std::size_t i) {
    const Edge& edge = edges_[i];
    constexpr int pieces = 24;
    PathShape path{.color = lit(i) ? sign(edge.weight) : pen_.colors().rule, .dashed = edge.weight < 0};
    path.width = pen_.px(1 + 8 * static_cast<float>(std::abs(edge.weight) / largest()));
    for (int k = 0; k <= pieces; ++k) {
      const auto [x, y] = on_curve(edge, static_cast<float>(k) / pieces);
      path.points.push_back({x, y});
    }
    pen_.path(std::move(path));
  }

  // The weight stands on the edge where there is room for it; where there is none, it can still be pointed at.
  void hit_edge(std::size_t i) {
    const Edge& edge = edges_[i];
    const std::string weight = pen_.term(edge.weight);
    const float size = 11, width = pen_.width(weight, Face::text, size) + pen_.px(6), height = pen_.px(15);
    const auto box_at = [&](float t) {
      const auto [x, y] = on_curve(edge, t);
      return Box{x - width / 2, y - height / 2, width, height};
    };
    const auto free = [&](const Box& box) {
      if (box.x + box.w > nodes_[edge.to].box.x) return false;
      return std::none_of(labels_.begin(), labels_.end(), [&](const Box& other) {
        return box.x < other.x + other.w && other.x < box.x + box.w && box.y < other.y + other.h &&
               other.y < box.y + box.h;
      });
    };
    Box box = box_at(0.7f);
    bool written = false;
    if (source(edge))
      for (const float t : {0.7f, 0.58f, 0.8f, 0.46f, 0.34f})
        if (!written && free(box_at(t))) {
          box = box_at(t);
          written = true;
        }
    const std::string id = "edge/" + std::to_string(i);
    if (written) {
      labels_.push_back(box);
      Color ground = pen_.colors().card;
      ground.a = 225;
      pen_.rect({.box = box, .fill = ground, .radius = pen_.px(3)});
      pen_.text(box.x + box.w / 2, box.y + pen_.px(11.5f), weight, lit(i) ? pen_.colors().ink : pen_.colors().muted,
                size, 0.5f);
    }
    if (pen_.marked(id)) pen_.frame(box, 3);
    pen_.hit({box,
              id,
              {name(nodes_[edge.from]) + " → " + name(nodes_[edge.to]),
               pen_.word("figure.attribution.term", {question(), pen_.term(edge.weight, 4)}),
               "edge.weight[" + std::to_string(i) + "]"},
              {}});
  }

  void draw_node(std::size_t i) {
    const Node& node = nodes_[i];
    const std::string id = "node/" + std::to_string(i);
    const Palette& colors = pen_.colors();
    if (node.kind == "token") {
      pen_.rect({.box = node.box, .fill = colors.card, .radius = pen_.px(4)});
      pen_.chip(tokens_[std::min(node.position, tokens_.size() - 1)], node.position, node.box, 13);
    } else {
      const bool round = node.kind == "head";
      pen_.rect({.box = node.box, .fill = colors.card, .stroke = node.kind == "output" ? colors.ink : colors.muted,
                 .radius = round ? node.box.h / 2 : pen_.px(node.kind == "mlp" ? 0.f : 4.f)});
      const float x = node.box.x + node.box.w / 2, inside = node.box.w - pen_.px(10);
      if (node.kind == "output") {
        float base = node.box.y + pen_.px(17);
        for (const char* which : {"answer", "other"})
          for (const TokenView& token : tokens_of(snapshot_, which)) {
            const std::string minus = std::string_view(which) == "other" ? "− " : "";
            pen_.text(x, base, pen_.fit(minus + pen_.quoted(token), inside, 12.5f), colors.ink, 12.5f, 0.5f);
            base += pen_.px(17);
          }
        pen_.text(x, base + pen_.px(2), pen_.term(node.value), colors.ink, 14, 0.5f, Face::text_bold);
      } else {
        const std::string layer = std::to_string(node.layer);
        const std::string label = round                  ? layer + "." + std::to_string(node.head)
                                  : node.kind == "shift" ? pen_.word("figure.graph.layer", {layer})
                                  : node.kind == "mlp"   ? "MLP " + layer
                                                         : "b " + layer;
        const std::string value = pen_.term(node.value);
        const float size = 12, base = node.middle() + pen_.px(4.5f);
        const float words = pen_.width(label, Face::text_bold, size), number = pen_.width(value, Face::text, 11.5f);
        const bool both = words + number + pen_.px(4) <= inside;
        pen_.text(both ? node.box.x + pen_.px(6) : x, base, pen_.fit(label, inside, size, Face::text_bold), colors.ink,
                  size, both ? 0 : 0.5f, Face::text_bold);
        if (both) pen_.text(node.box.x + node.box.w - pen_.px(6), base, value, colors.muted, 11.5f, 1);
      }
    }
    if (pen_.marked(id)) pen_.frame(node.box);
    pen_.hit({node.box, id, tip(i), {}});
  }

  std::vector<std::string> tip(std::size_t i) const {
    const Node& node = nodes_[i];
    std::vector<std::string> lines = {name(node)};
    const bool token = node.kind == "token";
    if (token) lines = token_tip(look_, tokens_[node.position], static_cast<std::int64_t>(node.position));
    lines.push_back(pen_.word(token ? "figure.graph.out" : "figure.graph.through", {pen_.term(node.value, 4)}));
    if (node.kind == "shift") lines.push_back(pen_.word("figure.graph.adds", {std::to_string(node.layer)}));
    lines.push_back("node.value[" + std::to_string(i) + "]");
    return lines;
  }

  float draw_sum(float y) {
    const auto integer = [&](const char* column) {
      return format_integer(static_cast<std::int64_t>(number_of(snapshot_, column)), pen_.language());
    };
    return pen_.paragraph(0, y, look_.width,
                          pen_.word("figure.graph.sum", {integer("graph.edges"), integer("graph.all"),
                                                         fixed(number_of(snapshot_, "graph.shown"), 2),
                                                         fixed(number_of(snapshot_, "graph.answer"), 2)}),
                          pen_.colors().ink, 13);
  }

  std::string alt() const {
    const Edge* strongest = nullptr;
    for (const Edge& edge : edges_)
      if (source(edge) && (!strongest || std::abs(edge.weight) > std::abs(strongest->weight))) strongest = &edge;
    const std::string edge = strongest ? name(nodes_[strongest->from]) + " → " + name(nodes_[strongest->to]) + ", " +
                                             pen_.term(strongest->weight)
                                       : "–";
    return pen_.word("figure.alt.graph", {question(), fixed(number_of(snapshot_, "graph.answer"), 2), edge});
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::vector<Box> labels_;                // places that are taken
};

}  // namespace

Figure draw_graph(const Snapshot& snapshot, const Look& look) { return GraphFigure(snapshot, look).draw(); }

}  // namespace tb::figure
