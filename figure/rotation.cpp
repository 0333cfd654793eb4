// Rotary positions as clocks: each pair of a head's numbers turns at its own pace, and what two tokens have for one
// another depends on the distance between their hands.
#include <numbers>

#include "figure/chart.h"

namespace tb::figure {
namespace {

class RotationFigure {
 public:
  RotationFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        score_(snapshot.numbers("pair.score")), length_(snapshot.numbers("pair.length")),
        query_(static_cast<std::size_t>(number_of(snapshot, "edge.query"))),
        key_(static_cast<std::size_t>(number_of(snapshot, "edge.key"))) {
    for (const double value : length_) largest_ = std::max(largest_, value);
  }

  Figure draw() {
    figure_.width = look_.width;
    if (tokens_.empty() || score_.empty() || length_.size() != score_.size()) return {};
    float y = draw_tokens(0);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_clocks(y + pen_.px(18));
    y = draw_sum(y + pen_.px(12));
    y = draw_distance(y + pen_.px(18));
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.rotation", {name(query_), name(key_), fixed(number_of(snapshot_, "score.sum"))});
    return std::move(figure_);
  }

 private:
  std::string fixed(double value) const { return format_logit(value, pen_.language()); }
  std::string name(std::size_t token) const { return pen_.quoted(tokens_[token]); }
  Color color_query() const { return pen_.colors().ours; }
  Color color_key() const { return pen_.colors().theirs; }
  double value_of(const char* column, std::size_t pair) const {
    const std::vector<double>& values = snapshot_.numbers(column);
    return pair < values.size() ? values[pair] : 0;
  }

  // One row of chips: a click on a token chooses the key, the query is framed as it is.
  float draw_tokens(float y) {
    const std::string l = std::to_string(std::llround(number_of(snapshot_, "edge.layer"))),
                      h = std::to_string(std::llround(number_of(snapshot_, "edge.head")));
    y = pen_.heading(y, pen_.word("figure.rotation.who", {l, h}));
    y = token_rows(pen_, look_, tokens_, query_, y) + pen_.px(12);
    pen_.text(0, y + pen_.px(12),
              pen_.fit(pen_.word("figure.rotation.whom", {std::to_string(query_), name(query_)}), look_.width, 13),
              pen_.colors().muted, 13);
    y += pen_.px(22);
    return chip_rows(pen_, look_, tokens_, y, [&](std::size_t i, const Box& box) {
      const auto position = static_cast<std::int64_t>(i);
      const std::string id = "key/" + std::to_string(i);
      if (i == key_ || pen_.marked(id)) pen_.frame(box);
      pen_.hit({box, id, token_tip(look_, tokens_[i], position), {{"key", position}}});
    });
  }

  // Two hands on a dial for each pair: how far the two positions have turned it. The dial's colour is what it adds.
  float draw_clocks(float y) {
    const std::string pairs = format_integer(static_cast<std::int64_t>(score_.size()), pen_.language());
    y = pen_.heading(y, pen_.word("figure.rotation.clocks", {pairs}));
    float x = legend_hand(0, y, color_query(), false, pen_.word("figure.rotation.query", {std::to_string(query_)}));
    x = legend_hand(x, y, color_key(), true, pen_.word("figure.rotation.key", {std::to_string(key_)}));
    const std::string high = fixed(largest_), low = fixed(-largest_);
    if (x + pen_.px(110) + pen_.width(low + high, Face::text, 11.5f) > look_.width) y += pen_.px(18);
    pen_.legend(look_.width, y + pen_.px(10), pen_.colors().diverging, low, high);
    y += pen_.px(22);

    const float wanted = pen_.px(66);
    const std::size_t columns = std::max<std::size_t>(4, static_cast<std::size_t>(look_.width / wanted));
    const float cell = look_.width / static_cast<float>(columns), dial = std::min(cell - pen_.px(14), pen_.px(46));
    const float row = dial + pen_.px(24);
    for (std::size_t i = 0; i < score_.size(); ++i) {
      const float left = static_cast<float>(i % columns) * cell, top = y + static_cast<float>(i / columns) * row;
      draw_dial(i, {left + (cell - dial) / 2, top, dial, dial});
      pen_.text(left + cell / 2, top + dial + pen_.px(13), period(value_of("pair.period", i)), pen_.colors().muted, 11,
                0.5f);
    }
    y += static_cast<float>((score_.size() + columns - 1) / columns) * row;
    return pen_.paragraph(0, y, look_.width, pen_.word("figure.rotation.note"), pen_.colors().muted, 12);
  }
  float legend_hand(float x, float y, Color color, bool dashed, const std::string& words) {
    pen_.line(x, y + pen_.px(6), x + pen_.px(22), y + pen_.px(6), color, 2, dashed);
    pen_.text(x + pen_.px(28), y + pen_.px(10), words, pen_.colors().muted, 12);
    return x + pen_.px(44) + pen_.width(words, Face::text, 12);
  }
  // Tokens in a turn, with no more digits than tell something.
  std::string period(double tokens) const {
    return tokens < 100 ? format_fixed(tokens, 1, pen_.language())
                        : format_integer(std::llround(tokens), pen_.language());
  }

  void draw_dial(std::size_t pair, Box box) {
    const std::string id = "pair/" + std::to_string(pair);
    const float radius = box.w / 2, cx = box.x + radius, cy = box.y + radius;
    const double unit = largest_ > 0 ? score_[pair] / largest_ / 2 + 0.5 : 0.5;
    pen_.rect({.box = box, .fill = ramp(pen_.colors().diverging, unit), .stroke = pen_.colors().rule,
               .radius = radius});
    const auto hand = [&](const char* column, Color color, float width, bool dashed) {
      // From the top, against the clock, as angles are drawn.
      const double angle = value_of(column, pair);
      const float length = radius * 0.86f, x = cx - length * static_cast<float>(std::sin(angle)),
                  y = cy - length * static_cast<float>(std::cos(angle));
      pen_.line(cx, cy, x, y, color, width, dashed);
    };
    for (const char* column : {"pair.query", "pair.key"})    // so that both stand out from any fill
      hand(column, pen_.colors().card, 4.5f, false);
    hand("pair.query", color_query(), 2.5f, false);
    hand("pair.key", color_key(), 2, true);                  // where it covers the query's, that shows between its dashes
    if (pen_.marked(id)) pen_.frame(box, radius / pen_.px(1));
    const std::string at = std::to_string(pair);
    pen_.hit({box, id,
              {pen_.word("figure.rotation.pair", {at, std::to_string(pair + score_.size())}),
               pen_.word("figure.rotation.turn", {period(value_of("pair.period", pair))}),
               pen_.word("figure.rotation.adds",
                         {pen_.term(score_[pair], 3), format_fixed(length_[pair], 3, pen_.language())}),
               "pair.score[" + at + "]"},
              {}});
  }

  // The pairs' terms as bars from the fastest to the slowest, and their sum.
  float draw_sum(float y) {
    y = pen_.heading(y, pen_.word("figure.rotation.sum", {fixed(number_of(snapshot_, "score.sum"))}));
    const float height = pen_.px(84), left = pen_.px(44), width = look_.width - left;
    const float step = width / static_cast<float>(score_.size()), zero = y + height / 2;
    const auto y_of = [&](double value) {
      return zero - static_cast<float>(largest_ > 0 ? value / largest_ : 0) * height / 2;
    };
    for (const double tick : {largest_, 0.0, -largest_}) {
      pen_.line(left, y_of(tick), look_.width, y_of(tick), pen_.colors().rule);
      pen_.text(left - pen_.px(6), y_of(tick) + pen_.px(4), tick == 0 ? "0" : fixed(tick), pen_.colors().muted, 11, 1);
    }
    for (std::size_t i = 0; i < score_.size(); ++i) {
      const float x = left + static_cast<float>(i) * step + step * 0.15f, wide = step * 0.7f;
      const float reach = y_of(length_[i]), bar = y_of(score_[i]);
      pen_.rect({.box = {x, reach, wide, 2 * (zero - reach)}, .stroke = pen_.colors().rule});
      pen_.rect({.box = {x, std::min(bar, zero), wide, std::max(std::abs(bar - zero), pen_.px(1))},
                 .fill = score_[i] < 0 ? pen_.colors().diverging.front() : pen_.colors().diverging.back()});
    }
    y += height + pen_.px(8);
    pen_.text(left, y + pen_.px(10), pen_.word("figure.rotation.fast"), pen_.colors().muted, 11.5f);
    pen_.text(look_.width, y + pen_.px(10), pen_.word("figure.rotation.slow"), pen_.colors().muted, 11.5f, 1);
    return y + pen_.px(16);
  }

  // The same two tokens at another distance.
  float draw_distance(float y) {
    const std::vector<double>& scores = snapshot_.numbers("distance.score");
    if (scores.size() < 2) return y;
    Chart chart{.id = "distance", .title = pen_.word("figure.rotation.distance"),
                .x_end = static_cast<double>(scores.size() - 1)};
    Series curve{.name = "", .x = {}, .y = scores, .color = color_query()};
    for (std::size_t d = 0; d < scores.size(); ++d) curve.x.push_back(static_cast<double>(d));
    const auto distance = static_cast<double>(query_ - std::min(key_, query_));
    const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
    Series here{.name = "", .x = {distance, distance}, .y = {*low, *high}, .color = color_key(), .dashed = true};
    chart.series = {std::move(here), std::move(curve)};
    chart.x_title = pen_.word("figure.rotation.tokens-apart");
    chart.tip = {"distance.score"};
    draw_chart(pen_, chart, {0, y, look_.width, pen_.px(170)});
    return y + pen_.px(170);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  const std::vector<double>&score_, &length_;
  std::size_t query_, key_;
  double largest_ = 0;                       // that any pair could add
};

}  // namespace

Figure draw_rotation(const Snapshot& snapshot, const Look& look) { return RotationFigure(snapshot, look).draw(); }

}  // namespace tb::figure
