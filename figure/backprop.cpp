// A net of two neurons: numbers go forward in ink, slopes of the loss come back beneath them in colour; the six weights
// with where each slope comes from; and the way downhill, step by step.
#include <optional>

#include "figure/chart.h"

namespace tb::figure {
namespace {

class BackpropFigure {
 public:
  BackpropFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), names_(snapshot.texts("weight.name")) {}

  Figure draw() {
    figure_.width = look_.width;
    if (names_.size() != 6 || snapshot_.numbers("curve.loss").empty()) return {};
    float y = draw_key(0);
    y = draw_net(y + pen_.px(10));
    y = draw_table(y + pen_.px(16));
    y = draw_curve(y + pen_.px(16));
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.backprop", {whole(step()), fixed(one("output.p")), fixed(one("input.y")),
                                                    fixed(one("output.loss"))});
    return std::move(figure_);
  }

 private:
  double one(const char* column, std::size_t i = 0) const {
    const std::vector<double>& all = snapshot_.numbers(column);
    return i < all.size() ? all[i] : 0;
  }
  // Of a comparison the difference: its numbers carry a sign.
  std::string fixed(double x, int decimals = 3) const {
    return look_.signed_values() ? pen_.term(x, decimals) : format_fixed(x, decimals, pen_.language());
  }
  std::string whole(double x) const { return format_integer(std::llround(x), pen_.language()); }
  double step() const {
    const auto found = snapshot_.inputs.find("step");
    const auto* step = found == snapshot_.inputs.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
    const double last = snapshot_.numbers("curve.step").back();
    return std::min(step ? static_cast<double>(*step) : 0, last);
  }
  // "w11" as w with a small 11.
  static std::string lowered(const std::string& name) { return name.substr(0, 1) + "_{" + name.substr(1) + "}"; }

  float draw_key(float y) {
    float x = 0;
    for (const auto& [words, color] : {std::pair(pen_.word("figure.backprop.forward"), pen_.colors().ink),
                                       std::pair(pen_.word("figure.backprop.back"), pen_.colors().theirs)}) {
      const float wide = pen_.px(20) + pen_.width(words, Face::text, 13);
      if (x > 0 && x + wide > look_.width) {
        x = 0;
        y += pen_.px(20);
      }
      pen_.rect({.box = {x, y + pen_.px(3), pen_.px(10), pen_.px(10)}, .fill = color, .radius = pen_.px(2)});
      pen_.text(x + pen_.px(16), y + pen_.px(13), words, pen_.colors().ink, 13);
      x += wide + pen_.px(20);
    }
    return y + pen_.px(18);
  }

  struct Node { std::string name; double value; std::optional<double> slope; std::vector<std::string> tip; };

  void draw_node(const std::string& id, Box box, const Node& node) {
    pen_.rect({.box = box, .fill = pen_.colors().card, .stroke = pen_.colors().muted, .radius = pen_.px(8)});
    if (pen_.marked(id)) pen_.frame(box, 8);
    const float middle = box.x + box.w / 2;
    const float lift = node.slope ? box.h / 2 - pen_.px(3) : box.h / 2 + pen_.px(5);
    const std::string equals = " = " + fixed(node.value, 2);
    const float name = pen_.width(node.name.substr(0, 1), Face::text, 15) +
                       pen_.width(node.name.substr(1), Face::text, 10.5f);
    const float x = middle - (name + pen_.width(equals, Face::text, 14)) / 2;
    const float end = pen_.formula(x, box.y + lift, lowered(node.name), box.w, pen_.colors().ink, 15);
    pen_.text(end, box.y + lift, equals, pen_.colors().ink, 14);
    if (node.slope)
      pen_.text(middle, box.y + lift + pen_.px(18), fixed(*node.slope), pen_.colors().theirs, 13, 0.5f);
    pen_.hit({box, id, node.tip, {}});
  }

  // The line of a weight, and a plate with its value and slope so near its start that crossing lines keep apart.
  void draw_edge(std::size_t weight, float x1, float y1, float x2, float y2) {
    const std::string id = "weight/" + names_[weight];
    const double value = one("weight.value", weight), slope = one("weight.slope", weight);
    const float thick = 0.8f + 1.6f * static_cast<float>(std::min(1.0, std::abs(value) / 2));
    pen_.line(x1, y1, x2, y2, pen_.marked(id) ? pen_.colors().accent : pen_.colors().muted, thick, value < 0);
    const float at = weight < 4 ? 0.3f : 0.45f, x = x1 + (x2 - x1) * at, y = y1 + (y2 - y1) * at;
    const Box plate{x - pen_.px(29), y - pen_.px(18), pen_.px(58), pen_.px(36)};
    plates_.push_back({plate, id, weight, value, slope});
  }
  void draw_plates() {
    for (const Plate& p : plates_) {
      pen_.rect({.box = p.box, .fill = pen_.colors().paper, .radius = pen_.px(4)});
      if (pen_.marked(p.id)) pen_.frame(p.box);
      const float middle = p.box.x + p.box.w / 2;
      pen_.text(middle, p.box.y + pen_.px(15), fixed(p.value), pen_.colors().ink, 13, 0.5f, Face::text_bold);
      pen_.text(middle, p.box.y + pen_.px(31), fixed(p.slope), pen_.colors().theirs, 13, 0.5f);
      pen_.hit({p.box, p.id,
                {names_[p.weight] + " = " + fixed(p.value, 6), pen_.word("figure.backprop.slope", {fixed(p.slope, 6)}),
                 "weight.slope[" + std::to_string(p.weight) + "]"},
                {}});
    }
  }

  float draw_net(float y) {
    // Between two nodes a plate of numbers has to find room: beside the text the nodes are as narrow as their words.
    const float node_w = std::clamp((look_.width - 2 * pen_.px(88)) / 3, pen_.px(72), pen_.px(104));
    const float node_h = pen_.px(48), row = pen_.px(136);
    const float right = look_.width - node_w, middle = (look_.width - node_w) / 2;
    const auto row_y = [&](int j) { return y + static_cast<float>(j) * row; };
    const float out_y = y + row / 2;
    for (int j : {0, 1}) {
      for (int i : {0, 1})
        draw_edge(static_cast<std::size_t>(2 * j + i), node_w, row_y(i) + node_h / 2, middle, row_y(j) + node_h / 2);
      draw_edge(static_cast<std::size_t>(4 + j), middle + node_w, row_y(j) + node_h / 2, right, out_y + node_h / 2);
    }
    draw_plates();
    for (std::size_t i : {0u, 1u}) {
      const std::string n = std::to_string(i + 1);
      draw_node("input/" + n, {0, row_y(static_cast<int>(i)), node_w, node_h},
                {"x" + n, one("input.x", i), {}, {"input.x[" + std::to_string(i) + "]"}});
      draw_node("neuron/" + n, {middle, row_y(static_cast<int>(i)), node_w, node_h},
                {"h" + n, one("neuron.h", i), one("back.h", i),
                 {pen_.word("figure.backprop.tanh", {n, fixed(one("neuron.sum", i), 6), fixed(one("neuron.h", i), 6)}),
                  pen_.word("figure.backprop.through", {fixed(one("back.h", i), 6), fixed(one("back.sum", i), 6)})}});
    }
    draw_node("output", {right, out_y, node_w, node_h},
              {"z", one("output.z"), one("back.z"),
               {pen_.word("figure.backprop.push", {fixed(one("output.p"), 6), fixed(one("input.y"), 2)})}});
    y = row_y(1) + node_h + pen_.px(8);
    const std::string told = pen_.word("figure.backprop.told", {whole(step()), fixed(one("output.p")),
                                                               fixed(one("input.y"), 2), fixed(one("output.loss"))});
    return pen_.paragraph(0, y, look_.width, told, pen_.colors().ink, 14);
  }

  // Each slope as the product that it is, and as what two forward passes say of it.
  float draw_table(float y) {
    const std::vector<std::string> heads = {"weight", "value", "product", "slope-head", "nudged", "next"};
    const float wide = look_.width;
    const std::vector<float> rights = {0, wide * 0.22f, wide * 0.49f, wide * 0.65f, wide * 0.82f, wide};
    for (std::size_t c = 0; c < heads.size(); ++c)
      pen_.text(rights[c], y + pen_.px(12), pen_.word("figure.backprop." + heads[c]), pen_.colors().muted, 12,
                c == 0 ? 0 : 1);
    y += pen_.px(18);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const float height = pen_.px(22), base = y + pen_.px(15);
      const std::string id = "row/" + names_[i];
      if (pen_.marked(id) || pen_.marked("weight/" + names_[i]))
        pen_.rect({.box = {0, y, wide, height}, .fill = pen_.colors().paper, .radius = pen_.px(4)});
      pen_.formula(0, base, lowered(names_[i]), wide, pen_.colors().ink, 14);
      const double coming = i < 4 ? one("input.x", i % 2) : one("neuron.h", i - 4);
      const double back = i < 4 ? one("back.sum", i / 2) : one("back.z");
      const auto put = [&](std::size_t c, const std::string& words, Color color) {
        pen_.text(rights[c], base, words, color, 13, 1);
      };
      put(1, fixed(one("weight.value", i)), pen_.colors().ink);
      if (!look_.signed_values()) put(2, fixed(coming) + " · " + bracketed(back), pen_.colors().ink);
      put(3, fixed(one("weight.slope", i)), pen_.colors().theirs);
      put(4, fixed(one("weight.nudged", i)), pen_.colors().muted);
      put(5, fixed(one("weight.next", i)), pen_.colors().ink);
      pen_.hit({{0, y, wide, height}, id,
                {names_[i] + ": " + fixed(coming, 6) + " · " + bracketed(back, 6) + " = " +
                     fixed(one("weight.slope", i), 6),
                 "weight.nudged = " + fixed(one("weight.nudged", i), 6)},
                {}});
      y += height;
    }
    return pen_.paragraph(0, y + pen_.px(2), wide, pen_.word("figure.backprop.note"), pen_.colors().muted, 12);
  }
  std::string bracketed(double x, int decimals = 3) const {
    return x < 0 ? "(" + fixed(x, decimals) + ")" : fixed(x, decimals);
  }

  float draw_curve(float y) {
    const std::vector<double>& losses = snapshot_.numbers("curve.loss");
    Chart chart{.id = "curve", .title = pen_.word("figure.backprop.curve"), .x_end = 100, .from_zero = true};
    Series curve{.name = "", .x = snapshot_.numbers("curve.step"), .y = losses, .color = pen_.colors().ours};
    Series here{.name = "", .x = {step(), step()}, .y = {0, *std::max_element(losses.begin(), losses.end())},
                .color = pen_.colors().theirs, .dashed = true};
    chart.series = {std::move(here), std::move(curve)};
    chart.x_title = pen_.word("figure.chart.steps");
    chart.tip = {"curve.loss"};
    draw_chart(pen_, chart, {0, y, look_.width, pen_.px(150)});
    return y + pen_.px(150);
  }

  struct Plate { Box box; std::string id; std::size_t weight; double value, slope; };

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  const std::vector<std::string>& names_;
  std::vector<Plate> plates_;
};

}  // namespace

Figure draw_backprop(const Snapshot& snapshot, const Look& look) { return BackpropFigure(snapshot, look).draw(); }

}  // namespace tb::figure
