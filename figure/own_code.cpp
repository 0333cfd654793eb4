// The model on a learner's function beside ours: the next token with both, where in the layers they part, what it costs.
#include "figure/own_code.h"

#include "figure/chart.h"

namespace tb::figure {
namespace {

constexpr double smallest = 1e-8;            // of the relative difference, where it is drawn
constexpr double beyond_rounding = 1e-4;     // as the lab counts it

class OwnCodeFigure {
 public:
  OwnCodeFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), bars_(tokens_of(snapshot, "bars")),
        ours_(snapshot.numbers("bars.ours")), theirs_(snapshot.numbers("bars.theirs")),
        layers_(snapshot.numbers("layers.relative")) {}

  Figure draw() {
    figure_.width = look_.width;
    if (bars_.empty() || ours_.size() != bars_.size() || theirs_.size() != bars_.size()) return {};
    const bool ended = !snapshot_.texts("ended.reason").empty();
    const std::string verdict = ended ? ending() : outcome();
    float y = pen_.paragraph(0, 0, look_.width, verdict, ended ? pen_.colors().warn : pen_.colors().ink, 14);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_heads(y + pen_.px(8));
    for (std::size_t row = 0; row < bars_.size(); ++row) y = draw_row(row, y);
    y = draw_layers(y + pen_.px(14));
    y = pen_.paragraph(0, y + pen_.px(6), look_.width, times(), pen_.colors().muted, 12.5f);
    figure_.height = std::ceil(y);
    figure_.alt = verdict + " " + pen_.word("figure.alt.own-code", {pen_.quoted(bars_[0]), percent(ours_[0]),
                                                                    percent(theirs_[0])});
    return std::move(figure_);
  }

 private:
  double of(const char* column) const { return number_of(snapshot_, column); }
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  std::string count(double n) const { return format_integer(static_cast<std::int64_t>(n), pen_.language()); }
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  std::string input(const char* key) const {
    const auto found = snapshot_.inputs.find(key);
    const auto* text = found == snapshot_.inputs.end() ? nullptr : std::get_if<std::string>(&found->second);
    return text ? *text : "";
  }
  bool on() const {
    const auto found = snapshot_.inputs.find("on");
    const auto* value = found == snapshot_.inputs.end() ? nullptr : std::get_if<bool>(&found->second);
    return !value || *value;
  }
  // Small differences with two significant digits, "0.000031".
  std::string small(double value) const {
    const int decimals = value > 0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(value))), 1, 9) : 0;
    return fixed(value, decimals);
  }
  std::string ending() const {
    return ended_text({input("exercise"), snapshot_.texts("ended.reason")[0], snapshot_.texts("ended.detail")[0],
                       static_cast<std::int64_t>(of("ended.layer"))},
                      static_cast<std::int64_t>(layers_.size()), look_.strings) +
           " " + pen_.word("figure.own-code.after");
  }

  std::string outcome() const {
    const double largest = of("logits.difference"), first = of("first.layer");
    if (!on()) return pen_.word("figure.own-code.off");
    if (largest == 0) return pen_.word("figure.own-code.equal", {input("exercise")});
    if (first < 0) return pen_.word("figure.own-code.rounding", {input("exercise"), small(largest)});
    return pen_.word("figure.own-code.different", {count(first), small(of("first.difference")), small(largest)});
  }

  std::string times() const {
    std::string text = pen_.word("figure.own-code.layer", {fixed(of("layer.ours"), 2), fixed(of("layer.theirs"), 2)});
    if (of("calls.count") > 0)
      text += " " + pen_.word("figure.own-code.call", {fixed(of("calls.milliseconds"), 3),
                                                       count(of("calls.count"))});
    return text;
  }

  float chip_end() const { return std::min(pen_.px(130), look_.width * 0.24f); }
  float track() const { return chip_end() + pen_.px(10); }
  float track_end() const { return look_.width - pen_.px(198); }
  float ours_end() const { return look_.width - pen_.px(132); }
  float theirs_end() const { return look_.width - pen_.px(66); }

  float draw_heads(float y) {
    const float base = y + pen_.px(13), mark = pen_.px(9);
    const auto head = [&](float right, const char* key) {
      pen_.text(right, base, pen_.word(std::string("figure.own-code.") + key), pen_.colors().muted, 12, 1);
      return right - pen_.width(pen_.word(std::string("figure.own-code.") + key), Face::text, 12) - pen_.px(5);
    };
    pen_.text(0, base, pen_.word("figure.next-token.token"), pen_.colors().muted, 12);
    float x = head(ours_end(), "ours");
    pen_.rect({.box = {x - mark, base - mark, mark, mark}, .fill = pen_.colors().ours, .radius = pen_.px(1)});
    x = head(theirs_end(), "theirs");
    fill_theirs({x - mark, base - mark, mark, mark});
    head(look_.width, "difference");
    y += pen_.px(20);
    pen_.line(0, y, look_.width, y, pen_.colors().rule);
    return y + pen_.px(4);
  }

  // Theirs is told apart by its pattern as well as by its colour.
  void fill_theirs(Box box) {
    pen_.rect({.box = box, .fill = pen_.colors().theirs, .stroke = pen_.colors().theirs, .radius = 0,
               .hatched = true});
  }

  float draw_row(std::size_t row, float y) {
    const float height = pen_.px(30), base = y + height / 2 + pen_.px(5), bar = pen_.px(9), wide = track_end() - track();
    const std::string id = "bar/" + std::to_string(row), at = "[" + std::to_string(row) + "]";
    if (pen_.marked(id))
      pen_.rect({.box = {0, y, look_.width, height}, .fill = pen_.colors().paper, .radius = pen_.px(4)});
    pen_.chip(bars_[row], row,
              {0, y + pen_.px(3), std::min(pen_.chip_width(bars_[row], 14), chip_end()), height - pen_.px(6)}, 14);
    const float top = y + height / 2 - bar - pen_.px(1), below = y + height / 2 + pen_.px(1);
    const auto length = [&](double p) { return std::max(wide * static_cast<float>(p), pen_.px(1)); };
    pen_.rect({.box = {track(), top, wide, bar}, .fill = pen_.colors().paper, .radius = pen_.px(2)});
    pen_.rect({.box = {track(), below, wide, bar}, .fill = pen_.colors().paper, .radius = pen_.px(2)});
    pen_.rect({.box = {track(), top, length(ours_[row]), bar}, .fill = pen_.colors().ours, .radius = pen_.px(1)});
    fill_theirs({track(), below, length(theirs_[row]), bar});
    const double change = theirs_[row] - ours_[row];
    pen_.text(ours_end(), base, percent(ours_[row]), pen_.colors().ink, 14, 1);
    pen_.text(theirs_end(), base, percent(theirs_[row]), pen_.colors().ink, 14, 1);
    const std::string points = std::abs(change) < 5e-5 ? fixed(0, 1) : pen_.term(100 * change, 1);
    pen_.text(look_.width, base, points, pen_.colors().ink, 14, 1);
    std::vector<std::string> tip = token_tip(look_, bars_[row], -1);
    tip.push_back("bars.ours" + at + " = " + fixed(ours_[row], 8));
    tip.push_back("bars.theirs" + at + " = " + fixed(theirs_[row], 8));
    tip.push_back("bars.difference" + at + " = " + pen_.term(change, 8));
    pen_.hit({{0, y, look_.width, height}, id, std::move(tip), {}});
    return y + height;
  }

  float draw_layers(float y) {
    Series series{.name = "", .x = {}, .y = {}, .color = pen_.colors().theirs, .width = 2};
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      series.x.push_back(static_cast<double>(layer));
      series.y.push_back(std::log10(std::max(layers_[layer], smallest)));
    }
    Chart chart{.id = "layer", .title = pen_.word("figure.own-code.by-layer")};
    chart.series = {std::move(series)};
    chart.levels = {{pen_.word("figure.own-code.level"), std::log10(beyond_rounding)}};
    chart.x_end = static_cast<double>(std::max<std::size_t>(layers_.size(), 2) - 1);
    chart.x_step = "figure.own-code.at-layer";
    chart.x_title = pen_.word("figure.own-code.layers");
    chart.low = std::log10(smallest);
    chart.high = 1;
    chart.tick_label = [this](double power) { return small_power(power); };
    chart.value_label = [this](double power) {
      return power <= std::log10(smallest) ? pen_.word("figure.own-code.none") : small(std::pow(10, power));
    };
    const float tall = pen_.px(150);
    draw_chart(pen_, chart, {0, y, look_.width, tall});
    return y + tall;
  }
  std::string small_power(double power) const {
    return power < 0 ? small_one(static_cast<int>(std::lround(-power))) : count(std::pow(10, power));
  }
  // "0.0001": a power of ten without a sign that few read.
  std::string small_one(int decimals) const { return fixed(std::pow(10, -decimals), decimals); }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> bars_;
  const std::vector<double>&ours_, &theirs_, &layers_;
};

}  // namespace

std::string ended_text(const Ended& ended, std::int64_t layers, const Strings& strings) {
  const std::string own = "figure.own-code.reason." + ended.reason, common = "exercise.reason." + ended.reason;
  const std::string place =
      ended.layer >= layers ? strings.get("figure.own-code.at-end")
                            : strings.format("figure.own-code.at-layer",
                                             {format_integer(ended.layer, strings.language())});
  return strings.format("figure.own-code.ended", {ended.exercise, place,
                                                  strings.format(strings.has(own) ? own : common, {ended.detail})});
}

Figure draw_own_code(const Snapshot& snapshot, const Look& look) { return OwnCodeFigure(snapshot, look).draw(); }

}  // namespace tb::figure
