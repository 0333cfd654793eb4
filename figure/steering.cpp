// The sandbox of levers: what comes next and what is written on, without and with them; what they do to every prompt;
// and the set-up as it is written down.
#include <algorithm>
#include <cmath>

#include "figure/before_after.h"
#include "figure/kit.h"

namespace tb::figure {
namespace {

class SteeringFigure {
 public:
  SteeringFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), prompts_(snapshot.texts("prompts.text")),
        effects_(snapshot.numbers("prompts.effect")) {}

  Figure draw() {
    figure_.width = look_.width;
    if (effects_.empty() || prompts_.size() != effects_.size()) return {};
    float y = draw_summary(0);
    y = draw_strip(y + pen_.px(8));
    y = draw_before_after(pen_, look_, snapshot_, y + pen_.px(16), most_probable());
    y = draw_continuation(y + pen_.px(14), "plain");
    y = draw_continuation(y + pen_.px(6), "steered");
    y = draw_setup(y + pen_.px(14));
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.steering", {pen_.term(number("effect.first")), cost("cost.kl")});
    return std::move(figure_);
  }

 private:
  double number(std::string_view column) const { return number_of(snapshot_, column); }
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  std::string cost(std::string_view column) const { return format_fixed(number(column), 3, pen_.language()); }
  Color color_after() const { return pen_.colors().ours; }

  float draw_summary(float y) {
    y = pen_.heading(y, pen_.word("figure.steering.effect", {pen_.term(number("effect.first")), cost("cost.kl")}));
    const std::vector<double>&towards = snapshot_.numbers("sides.towards"), &away = snapshot_.numbers("sides.away");
    if (towards.size() != 2 || away.size() != 2) return y;
    return pen_.paragraph(0, y, look_.width,
                          pen_.word("figure.steering.sides", {percent(towards[0]), percent(towards[1]),
                                                              percent(away[0]), percent(away[1]),
                                                              pen_.term(number("cost.nll"), 3)}),
                          pen_.colors().ink, 13);
  }

  // A dot a prompt, on an axis with 0 and the mean.
  float draw_strip(float y) {
    const double mean = number("effect.mean"), from = number("effect.low"), to = number("effect.high");
    double low = std::min({0.0, mean, *std::ranges::min_element(effects_)}),
           high = std::max({0.0, mean, *std::ranges::max_element(effects_)});
    if (high - low < 0.01) high = low + 0.01;
    const float left = pen_.px(8), right = look_.width - pen_.px(8), row = pen_.px(24), size = pen_.px(7);
    const auto x_of = [&](double value) {
      return left + static_cast<float>((value - low) / (high - low)) * (right - left);
    };
    const auto count = static_cast<std::int64_t>(effects_.size());
    pen_.text(0, y + pen_.px(12),
              pen_.fit(look_.strings.plural("figure.levers.prompts", count), look_.width, 12.5f), pen_.colors().muted,
              12.5f);
    y += pen_.px(18);
    const Color ours = color_after();
    if (!std::isnan(from))
      pen_.rect({.box = {x_of(from), y + pen_.px(4), std::max(x_of(to) - x_of(from), pen_.px(1)), row - pen_.px(8)},
                 .fill = {ours.r, ours.g, ours.b, 45}, .radius = pen_.px(2)});
    pen_.line(x_of(0), y, x_of(0), y + row, pen_.colors().muted, 1, true);
    pen_.line(x_of(mean), y, x_of(mean), y + row, ours, 2);
    for (std::size_t i = 0; i < effects_.size(); ++i) {
      const Box box{x_of(effects_[i]) - size / 2, y + (row - size) / 2, size, size};
      const std::string id = "prompt/" + std::to_string(i);
      pen_.rect({.box = box, .fill = {ours.r, ours.g, ours.b, 170}, .radius = size / 2});
      if (pen_.marked(id)) pen_.frame(box);
      pen_.hit({box, id, {prompts_[i], pen_.term(effects_[i]) + " " + pen_.word("figure.levers.nats"),
                          "prompts.effect[" + std::to_string(i) + "]"}, {}});
    }
    y += row;
    std::string words = pen_.word("figure.spread.mean", {pen_.term(mean)});
    if (!std::isnan(from)) words += " " + pen_.word("figure.spread.interval", {pen_.term(from), pen_.term(to)});
    const float half = pen_.width(words, Face::text_bold, 12) / 2;
    const float middle = std::clamp(x_of(mean), half, std::max(look_.width - half, half));
    pen_.text(middle, y + pen_.px(13), words, ours, 12, 0.5f, Face::text_bold);
    if (std::abs(x_of(0) - middle) > half + pen_.px(10))
      pen_.text(x_of(0), y + pen_.px(13), "0", pen_.colors().muted, 12, 0.5f);
    return y + pen_.px(18);
  }

  // The whole length of a bar: these probabilities may all be small.
  double most_probable() const {
    double most = 0.01;
    for (const std::string column : {"top.before", "top.after"})
      for (const double p : snapshot_.numbers(column)) most = std::max(most, p);
    return most;
  }

  float draw_continuation(float y, const std::string& prefix) {
    const std::vector<TokenView> tokens = tokens_of(snapshot_, prefix);
    if (tokens.empty()) return y;
    y = pen_.heading(y, pen_.word("figure.steering." + prefix));
    return chip_rows(pen_, look_, tokens, y, [&](std::size_t i, const Box& box) {
      const std::string id = prefix + "/" + std::to_string(i);
      if (pen_.marked(id)) pen_.frame(box);
      pen_.hit({box, id, token_tip(look_, tokens[i], -1), {}});
    });
  }

  // What `textbook generate` is told.
  float draw_setup(float y) {
    const std::vector<std::string>&specs = snapshot_.texts("setup.spec"), &prefix = snapshot_.texts("setup.prefix");
    const std::vector<double>& adapter = snapshot_.numbers("setup.adapter");
    y = pen_.heading(y, pen_.word("figure.steering.setup"));
    if (specs.empty() && prefix.empty() && adapter.empty())
      return pen_.paragraph(0, y, look_.width, pen_.word("figure.steering.nothing"), pen_.colors().muted, 13);
    std::vector<std::string> lines;
    for (const std::string& text : prefix) lines.push_back(visible(text) + "…");
    for (const std::string& spec : specs) lines.push_back("--intervene " + spec);
    if (!adapter.empty()) lines.push_back("--adapter adapter");
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string id = "setup/" + std::to_string(i);
      const Box box{0, y, look_.width, pen_.px(19)};
      if (pen_.marked(id)) pen_.frame(box);
      pen_.text(0, y + pen_.px(13.5f), pen_.fit(lines[i], look_.width, 11.5f, Face::mono), pen_.colors().ink, 11.5f, 0,
                Face::mono);
      pen_.hit({box, id, {lines[i]}, {}});
      y += pen_.px(19);
    }
    return pen_.paragraph(0, y + pen_.px(2), look_.width, pen_.word("figure.steering.save"), pen_.colors().muted, 12);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  const std::vector<std::string>& prompts_;
  const std::vector<double>& effects_;
};

}  // namespace

Figure draw_steering(const Snapshot& snapshot, const Look& look) { return SteeringFigure(snapshot, look).draw(); }

}  // namespace tb::figure
