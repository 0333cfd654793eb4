// What each head does: a score of every head as a map, the strongest as a list, the chosen one's pattern.
#include <numeric>

#include "figure/compare.h"
#include "figure/layer_map.h"

namespace tb::figure {
namespace {

class HeadsFigure {
 public:
  HeadsFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")) {
    if (const auto found = snapshot.inputs.find("score"); found != snapshot.inputs.end())
      score_ = std::get<std::string>(found->second);
    values_ = snapshot.numbers("heads." + score_);
    if (const Column* column = snapshot.find("heads." + score_); column && column->shape.size() == 2) {
      layers_ = static_cast<std::size_t>(column->shape[0]);
      heads_ = static_cast<std::size_t>(column->shape[1]);
    }
    layer_ = static_cast<std::size_t>(number_of(snapshot, "chosen.layer"));
    head_ = static_cast<std::size_t>(number_of(snapshot, "chosen.head"));
  }

  Figure draw() {
    figure_.width = look_.width;
    if (tokens_.empty() || values_.empty() || values_.size() != layers_ * heads_) return {};
    const std::string title = pen_.word(difference() ? "figure.compare.scores" : "figure.heads.title", {score_name()});
    pen_.text(0, pen_.px(12), pen_.fit(title, look_.width, 13.5f, Face::text_bold), pen_.colors().ink, 13.5f, 0,
              Face::text_bold);
    float y = pen_.paragraph(0, pen_.px(18), look_.width, explanation(), pen_.colors().muted, 12.5f);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width) + pen_.px(10);

    // The map, and what is said of single heads beside it where there is room, else below.
    const float gap = pen_.px(24), beside = pen_.px(200);
    const float natural = pen_.px(28) + static_cast<float>(heads_) * pen_.px(26);
    const bool together = look_.width - std::min(natural, look_.width * 0.58f) - gap >= beside;
    const float width = together ? std::min(natural, look_.width - gap - beside) : look_.width;
    const float below = draw_map(y, width);
    if (together) {
      const float x = width + gap;
      y = std::max(below, draw_chosen(x, draw_list(x, y, look_.width - x) + pen_.px(14), look_.width - x));
    } else {
      y = draw_chosen(0, draw_list(0, below + pen_.px(12), look_.width) + pen_.px(14), look_.width);
    }
    if (snapshot_.partial)
      y = pen_.paragraph(0, y, look_.width, pen_.word("figure.patching.partial"), pen_.colors().muted, 12);
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word(difference() ? "figure.alt.compare-heads" : "figure.alt.heads",
                            {score_name(), head_name(strongest().front()),
                                                 shown(values_[strongest().front()])});
    return std::move(figure_);
  }

 private:
  bool effect() const { return score_ == "knock-out"; }
  bool difference() const { return look_.signed_values(); }
  bool bits() const { return score_ == "entropy"; }
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  std::string shown(double value) const { return difference() ? pen_.term(value) : fixed(value, 2); }
  std::string score_name() const { return pen_.word("lab.heads.score." + score_); }
  std::string head_name(std::size_t at) const {
    return pen_.word("figure.attention.head", {std::to_string(at / heads_), std::to_string(at % heads_)});
  }

  std::string explanation() const {
    if (difference()) return pen_.word("figure.compare.scores-note");
    if (effect())
      return pen_.word("figure.heads.knock-out",
                       {question_name(pen_, snapshot_, "answer", "other"), shown(number_of(snapshot_, "answer.value"))});
    if (number_of(snapshot_, "heads.rows") == 0) return pen_.word("figure.heads.nothing");
    return look_.strings.plural("figure.heads." + score_,
                                static_cast<std::int64_t>(number_of(snapshot_, "heads.rows")));
  }

  // What the colours run over: shares from 0 to 1, entropies to that of even attention, effects to the largest.
  Scale scale() const {
    if (effect() || difference()) return signed_scale(pen_.colors(), values_, 0.005);
    const double keys = std::max(static_cast<double>(tokens_.size()), 2.0);
    if (bits()) return {pen_.colors().sequential, 0, std::log2(keys)};
    return {pen_.colors().sequential, 0, 1};
  }

  std::vector<std::string> tip(std::size_t layer, std::size_t head) const {
    const double value = values_[layer * heads_ + head];
    if (std::isnan(value)) return {head_name(layer * heads_ + head), pen_.word("figure.patching.later")};
    std::vector<std::string> lines = {head_name(layer * heads_ + head),
                                      score_name() + ": " +
                                      (difference() ? pen_.term(value, 4) : fixed(value, 4)) + unit(),
                                      "heads." + score_ + "[" + std::to_string(layer) +
                                      ", " + std::to_string(head) + "]"};
    if (difference())
      for (const auto& [key, run] : {std::pair{"figure.compare.in-a", look_.between.a},
                              {"figure.compare.in-b", look_.between.b}})
        lines.push_back(pen_.word(key, {fixed(run->numbers("heads." + score_)[layer * heads_ + head], 4) + unit()}));
    return lines;
  }
  std::string unit() const {
    if (effect()) return " " + pen_.word("figure.logits");
    return bits() ? " " + pen_.word("figure.bits") : "";
  }
  static Inputs choose(std::size_t layer, std::size_t head) {
    return {{"layer", static_cast<std::int64_t>(layer)}, {"head", static_cast<std::int64_t>(head)}};
  }

  float draw_map(float y, float width) {
    const Scale colors = scale();
    const std::string low = shown(colors.low), high = shown(colors.high);
    pen_.text(0, y + pen_.px(11), pen_.fit(pen_.word("figure.heads.axes"), width, 11.5f), pen_.colors().muted, 11.5f);
    LayerMap map{.layers = layers_, .columns = heads_, .values = values_, .scale = colors};
    for (std::size_t head = 0; head < heads_; ++head) map.labels.push_back(std::to_string(head));
    map.chosen_layer = layer_;
    map.chosen_column = head_;
    map.tip = [this](std::size_t layer, std::size_t head) { return tip(layer, head); };
    map.set = choose;
    const Box box = draw_layer_map(pen_, map, 0, y + pen_.px(16), width);
    const float right = std::max(box.x + box.w, pen_.px(112) + pen_.width(low + high, Face::text, 11.5f));
    pen_.legend(right, box.y + box.h + pen_.px(18), colors.colors, low, high);
    return box.y + box.h + pen_.px(26);
  }

  // Heads by the size of their value, the largest first; those not computed yet come last.
  std::vector<std::size_t> strongest() const {
    std::vector<std::size_t> order(values_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto size = [&](std::size_t i) { return std::isnan(values_[i]) ? -1 : std::abs(values_[i]); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
    return order;
  }

  float draw_list(float x, float y, float width) {
    constexpr std::size_t most = 8;
    pen_.text(x, y + pen_.px(12), pen_.word(difference() ? "figure.compare.changed" : "figure.heads.strongest"),
              pen_.colors().ink,
              13, 0, Face::text_bold);
    y += pen_.px(20);
    const Scale colors = scale();
    const float height = pen_.px(20);
    const std::vector<std::size_t> order = strongest();
    for (std::size_t i = 0; i < std::min(most, order.size()); ++i) {
      const std::size_t at = order[i];
      if (std::isnan(values_[at])) break;
      const std::string id = "list/" + std::to_string(i);
      const bool chosen = at == layer_ * heads_ + head_;
      const float base = y + pen_.px(14), from = x + pen_.px(46), to = x + width - pen_.px(46);
      pen_.text(x, base, std::to_string(at / heads_) + "." + std::to_string(at % heads_),
                chosen ? pen_.colors().accent : pen_.colors().ink, 13, 0, chosen ? Face::text_bold : Face::text);
      // Signed ones to the left or the right of zero.
      const float room = difference() ? (to - from) / 2 : to - from, zero = to - room;
      const auto length = static_cast<float>(std::min(std::abs(values_[at]) / colors.high, 1.0)) * room;
      const bool left = difference() && values_[at] < 0;
      if (difference()) pen_.line(zero, y, zero, y + height, pen_.colors().rule);
      pen_.rect({.box = {left ? zero - length : zero, y + pen_.px(5), std::max(length, pen_.px(1)), pen_.px(10)},
                 .fill = colors.of(values_[at]), .stroke = pen_.colors().rule, .radius = pen_.px(2)});
      pen_.text(x + width, base, shown(values_[at]), pen_.colors().muted, 13, 1);
      const Box row{x, y, width, height};
      if (pen_.marked(id)) pen_.frame(row);
      pen_.hit({row, id, tip(at / heads_, at % heads_), choose(at / heads_, at % heads_)});
      y += height;
    }
    return y;
  }

  // The chosen head's pattern: why its score is what it is.
  float draw_chosen(float x, float y, float width) {
    const std::vector<double>& pattern = snapshot_.numbers("chosen.pattern");
    const std::size_t n = tokens_.size();
    if (pattern.size() != n * n) return y;
    const double value = values_[layer_ * heads_ + head_];
    pen_.text(x, y + pen_.px(12),
              pen_.fit(pen_.word(difference() ? "figure.compare.map" : "figure.attention.map",
                                 {std::to_string(layer_), std::to_string(head_)}) + ": " +
                           (std::isnan(value) ? "–" : shown(value)),
                       width, 13, Face::text_bold),
              pen_.colors().ink, 13, 0, Face::text_bold);
    y += pen_.px(20);
    const float side = std::min(width, pen_.px(210)), cell = side / static_cast<float>(n);
    const Box box{x, y, side, side};
    CellsShape cells{.box = box, .rows = static_cast<int>(n), .columns = static_cast<int>(n)};
    const Scale shades = difference() ? signed_scale(pen_.colors(), pattern, 0.005)
                                      : Scale{pen_.colors().sequential, 0, 1};
    for (std::size_t query = 0; query < n; ++query)
      for (std::size_t key = 0; key < n; ++key)
        cells.cells.push_back(key > query ? Color{0, 0, 0, 0} : shades.of(pattern[query * n + key]));
    pen_.cells(std::move(cells));
    pen_.rect({.box = box, .stroke = pen_.colors().rule});
    for (std::size_t query = 0; query < n; ++query) {
      const double* row = pattern.data() + query * n;
      const auto key = static_cast<std::size_t>(
          std::max_element(row, row + query + 1, [](double a, double b) { return std::abs(a) < std::abs(b); }) - row);
      const std::string share = difference() ? points(pen_, row[key]) : format_percent(row[key], pen_.language());
      const std::string id = "row/" + std::to_string(query);
      const Box place{box.x, box.y + static_cast<float>(query) * cell, static_cast<float>(query + 1) * cell, cell};
      if (pen_.marked(id)) pen_.frame(place, 2);
      pen_.hit({place,
                id,
                {pen_.word("figure.attention.row", {std::to_string(query), pen_.quoted(tokens_[query])}),
                 pen_.word(difference() ? "figure.compare.strongest" : "figure.attention.strongest",
                           {std::to_string(key), pen_.quoted(tokens_[key]), share})},
                {}});
    }
    y = box.y + box.h + pen_.px(4);
    if (difference()) {   // its own range
      pen_.legend(x + std::min(width, pen_.px(210)), y + pen_.px(12), shades.colors, points(pen_, shades.low),
                  points(pen_, shades.high));
      y += pen_.px(18);
    }
    return pen_.paragraph(x, y, width, pen_.word("figure.attention.axes"), pen_.colors().muted, 11.5f);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  std::string score_ = "previous";
  std::vector<double> values_;             // [layer, head]
  std::size_t layers_ = 0, heads_ = 0, layer_ = 0, head_ = 0;
};

}  // namespace

Figure draw_heads(const Snapshot& snapshot, const Look& look) { return HeadsFigure(snapshot, look).draw(); }

}  // namespace tb::figure
