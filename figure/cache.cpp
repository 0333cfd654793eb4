// The KV cache when a text becomes another one: which rows stay, which go, which are computed; what a row takes, and
// what it spares.
#include <algorithm>

#include "figure/chart.h"

namespace tb::figure {
namespace {

class CacheFigure {
 public:
  CacheFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), before_(tokens_of(snapshot, "before")),
        tokens_(tokens_of(snapshot, "tokens")), kept_(snapshot.numbers("before.kept")),
        reused_(snapshot.numbers("tokens.reused")) {}

  Figure draw() {
    figure_.width = look_.width;
    if (tokens_.empty() || before_.empty() || kept_.size() != before_.size() || reused_.size() != tokens_.size())
      return {};
    const std::string counts =
        pen_.word("figure.cache.counts", {count(of("count.kept")), count(of("count.dropped")),
                                          count(of("count.computed"))});
    float y = pen_.paragraph(0, 0, look_.width, counts, pen_.colors().ink, 13.5f);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_legend_of_states(y + pen_.px(4));
    y = draw_text("before", before_, kept_, State::dropped, y);
    y = draw_text("text", tokens_, reused_, State::computed, y + pen_.px(8));
    y = pen_.paragraph(0, y + pen_.px(8), look_.width, size_line(), pen_.colors().ink, 13);
    y = pen_.paragraph(0, y, look_.width,
                       pen_.word("figure.cache.work", {count(of("work.with")), count(of("work.without")),
                                                       format_fixed(of("work.without") / std::max(of("work.with"), 1.0),
                                                                    1, pen_.language())}),
                       pen_.colors().ink, 13);
    y = draw_times(y + pen_.px(12));
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.cache", {counts, size_line()});
    return std::move(figure_);
  }

 private:
  enum class State { kept, dropped, computed };

  double of(const char* column) const { return number_of(snapshot_, column); }
  std::string count(double value) const { return format_integer(static_cast<std::int64_t>(value), pen_.language()); }
  std::string state_name(State state) const {
    return pen_.word(state == State::kept      ? "figure.cache.kept"
                     : state == State::dropped ? "figure.cache.dropped"
                                               : "figure.cache.computed");
  }

  std::string size_line() const {
    return pen_.word("figure.cache.size",
                     {count(of("size.layers")), count(of("size.kv_heads")), count(of("size.head_width")),
                      count(of("size.number")), count(of("size.token")),
                      look_.strings.plural("unit.tokens", static_cast<std::int64_t>(tokens_.size())),
                      format_bytes(static_cast<std::int64_t>(of("size.text")), pen_.language())});
  }

  // Each state has a colour and a pattern of its own.
  void fill(Box box, State state) {
    RectShape shape{.box = box, .fill = ramp(pen_.colors().sequential, 0.45), .radius = pen_.px(1)};
    if (state == State::computed) shape.fill = pen_.colors().theirs;
    if (state == State::dropped) {
      shape.fill = pen_.colors().muted;
      shape.hatched = true;
      shape.stroke = pen_.colors().rule;
    }
    pen_.rect(shape);
  }

  float draw_legend_of_states(float y) {
    float x = 0;
    for (const State state : {State::kept, State::computed, State::dropped}) {
      const std::string name = state_name(state);
      const float wide = pen_.px(22) + pen_.width(name, Face::text, 12.5f) + pen_.px(16);
      if (x > 0 && x + wide > look_.width) {
        x = 0;
        y += pen_.px(19);
      }
      fill({x, y + pen_.px(3), pen_.px(14), pen_.px(11)}, state);
      pen_.text(x + pen_.px(20), y + pen_.px(13), pen_.fit(name, look_.width - pen_.px(24), 12.5f),
                pen_.colors().muted, 12.5f);
      x += wide;
    }
    return y + pen_.px(24);
  }

  // A text, its tokens over the columns of the cache that are theirs: one row for each layer.
  float draw_text(const char* which, const std::vector<TokenView>& tokens, const std::vector<double>& same, State other,
                  float y) {
    pen_.text(0, y + pen_.px(12), pen_.word(std::string("figure.cache.") + which), pen_.colors().ink, 13, 0,
              Face::text_bold);
    y += pen_.px(20);
    const float n = static_cast<float>(tokens.size()), layers = static_cast<float>(of("size.layers"));
    const float cell = std::min(look_.width / n, pen_.px(46));
    const float row = std::clamp(pen_.px(110) / std::max(layers, 1.f), 1.f, pen_.px(8));
    float longest = 0;   // of both texts, so that they are written alike
    for (const std::vector<TokenView>* text : {&before_, &tokens_})
      for (const TokenView& token : *text)
        longest = std::max(longest, pen_.width(visible(token.bytes), Face::text, 11.5f));
    const bool upright = longest <= cell - pen_.px(3);
    const float above = upright ? pen_.px(17) : std::min(longest, pen_.px(84)) + pen_.px(8);
    const std::size_t apart = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(pen_.px(12) / cell)));
    const float top = y + above, tall = row * layers;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const State state = same[i] != 0 ? State::kept : other;
      const Box box{cell * static_cast<float>(i), top, cell, tall};
      const Color color = state == State::kept ? pen_.colors().muted
                          : state == State::computed ? pen_.colors().theirs : pen_.colors().ink;
      if (upright)
        pen_.text(box.x + cell / 2, top - pen_.px(5), visible(tokens[i].bytes), color, 11.5f, 0.5f);
      else if (i % apart == 0)
        pen_.upward(box.x + cell / 2 + pen_.px(4), top - pen_.px(5),
                    pen_.fit(visible(tokens[i].bytes), above - pen_.px(7), 11.5f), color, 11.5f);
      const float slit = std::min(pen_.px(1), cell * 0.1f);
      fill({box.x + slit, box.y, cell - 2 * slit, tall}, state);
      const std::string id = std::string(which) + "/" + std::to_string(i);
      if (pen_.marked(id)) pen_.frame(box, 2);
      std::vector<std::string> tip = token_tip(look_, tokens[i], static_cast<std::int64_t>(i));
      tip.push_back(state_name(state));
      tip.push_back(pen_.word("figure.cache.column", {count(of("size.token")), count(of("size.layers"))}));
      pen_.hit({box, id, std::move(tip), {}});
    }
    // The layers show as lines between their rows.
    for (float layer = 1; layer < layers && row >= 2; ++layer)
      pen_.line(0, top + layer * row, cell * n, top + layer * row, pen_.colors().card, 0.6f);
    return top + tall;
  }

  float draw_times(float y) {
    const std::vector<double>&length = snapshot_.numbers("time.length"), &with = snapshot_.numbers("time.with"),
                       &without = snapshot_.numbers("time.without");
    if (length.empty() || with.size() != length.size() || without.size() != length.size()) return y;
    Chart chart{.id = "time", .title = pen_.word("figure.cache.time")};
    chart.series = {{.name = pen_.word("figure.cache.with"), .x = length, .y = with, .color = pen_.colors().ours,
                     .width = 2},
                    {.name = pen_.word("figure.cache.without"), .x = length, .y = without,
                     .color = pen_.colors().theirs, .dashed = true, .width = 2}};
    chart.x_end = length.back();
    chart.x_step = "figure.cache.after";
    chart.x_title = pen_.word("figure.cache.tokens");
    chart.from_zero = true;
    chart.tick_label = chart.value_label = [this](double s) { return format_seconds(s, pen_.language()); };
    y = draw_legend(pen_, chart.series, 0, y, look_.width);
    const float tall = pen_.px(165);
    draw_chart(pen_, chart, {0, y, look_.width, tall});
    return pen_.paragraph(0, y + tall, look_.width, pen_.word("figure.cache.measured"), pen_.colors().muted, 12);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> before_, tokens_;
  const std::vector<double>&kept_, &reused_;
};

}  // namespace

Figure draw_cache(const Snapshot& snapshot, const Look& look) { return CacheFigure(snapshot, look).draw(); }

}  // namespace tb::figure
