// A text coloured by surprise: every token by the bits that it took, the token under the mouse with what the model
// expected in its place, and the running mean.
#include <algorithm>

#include "figure/chart.h"

namespace tb::figure {
namespace {

class SurpriseFigure {
 public:
  SurpriseFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        expected_(tokens_of(snapshot, "expected")), bits_(snapshot.numbers("surprise.bits")),
        p_(snapshot.numbers("surprise.p")), rank_(snapshot.numbers("surprise.rank")),
        entropy_(snapshot.numbers("surprise.entropy")), expected_p_(snapshot.numbers("expected.p")) {
    if (const auto found = snapshot.inputs.find("range"); found != snapshot.inputs.end())
      range_ = static_cast<double>(std::get<std::int64_t>(found->second));
    if (const auto found = snapshot.inputs.find("show"); found != snapshot.inputs.end())
      excess_ = std::get<std::string>(found->second) == "excess";
    if (!tokens_.empty()) top_ = expected_.size() / tokens_.size();
  }

  Figure draw() {
    figure_.width = look_.width;
    const std::size_t n = tokens_.size();
    if (n == 0 || bits_.size() != n || p_.size() != n || rank_.size() != n || entropy_.size() != n ||
        expected_.size() != top_ * n || expected_p_.size() != top_ * n)
      return {};
    float y = draw_totals(0);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width) + pen_.px(6);
    y = draw_ribbon(y) + pen_.px(6);
    y = draw_detail(y);
    y = draw_running(y + pen_.px(10));
    figure_.height = std::ceil(y);
    const std::size_t most = most_surprising();
    figure_.alt = pen_.word("figure.alt.surprise", {mean_line(), most < n ? pen_.quoted(tokens_[most]) : "–",
                                                    most < n ? fixed(bits_[most], 1) : "–"});
    return std::move(figure_);
  }

 private:
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  std::string count(double value) const { return format_integer(static_cast<std::int64_t>(value), pen_.language()); }
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  double total(const char* name) const { return number_of(snapshot_, std::string("total.") + name); }
  bool predicted(std::size_t i) const { return !std::isnan(bits_[i]); }
  double shown(std::size_t i) const { return excess_ ? bits_[i] - entropy_[i] : bits_[i]; }

  std::string mean_line() const {
    return look_.strings.plural("figure.surprise.predicted", static_cast<std::int64_t>(total("predicted")),
                                {fixed(total("mean"), 2), fixed(total("per-character"), 2)});
  }

  float draw_totals(float y) {
    if (total("predicted") == 0)
      return pen_.paragraph(0, y, look_.width, pen_.word("figure.surprise.nothing"), pen_.colors().ink, 13);
    y = pen_.paragraph(0, y, look_.width, mean_line(), pen_.colors().ink, 13.5f);
    return pen_.paragraph(0, y, look_.width,
                          pen_.word("figure.surprise.more", {fixed(total("perplexity"), 1), fixed(total("expected"), 2),
                                                             fixed(total("per-byte"), 2)}),
                          pen_.colors().muted, 12.5f);
  }

  std::size_t most_surprising() const {
    std::size_t most = tokens_.size();
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (predicted(i) && (most == tokens_.size() || bits_[i] > bits_[most])) most = i;
    return most;
  }

  Color fill_of(std::size_t i) const {
    if (excess_) return ramp(pen_.colors().diverging, (shown(i) / range_ + 1) / 2);
    return ramp(pen_.colors().sequential, shown(i) / range_);
  }

  std::vector<std::string> tip(std::size_t i) const {
    std::vector<std::string> lines = token_tip(look_, tokens_[i], static_cast<std::int64_t>(i));
    if (!predicted(i)) {
      lines.push_back(pen_.word(i == 0 ? "figure.surprise.first" : "figure.surprise.later"));
      return lines;
    }
    lines.push_back(numbers(i));
    std::string list;
    for (std::size_t k = 0; k < top_; ++k)
      list += (k ? ",  " : "") + pen_.quoted(expected_[i * top_ + k]) + "\u00a0" + percent(expected_p_[i * top_ + k]);
    lines.push_back(pen_.word("figure.surprise.instead", {list}));
    return lines;
  }
  std::string numbers(std::size_t i) const {
    return pen_.word("figure.surprise.numbers", {fixed(bits_[i], 2), percent(p_[i]), count(rank_[i]),
                                                 fixed(entropy_[i], 2)});
  }

  // The text in its order, without gaps that are not its own.
  float draw_ribbon(float y) {
    const std::string low = excess_ ? fixed(-range_, 0) : "0", high = fixed(range_, 0) + " " + pen_.word("figure.bits");
    const std::string name = pen_.word(excess_ ? "figure.surprise.by-excess" : "figure.surprise.by-bits");
    pen_.text(0, y + pen_.px(11), pen_.fit(name, look_.width - pen_.px(190), 11.5f), pen_.colors().muted, 11.5f);
    pen_.legend(look_.width, y + pen_.px(11), excess_ ? pen_.colors().diverging : pen_.colors().sequential, low, high);
    y += pen_.px(22);
    const float height = pen_.px(24), leading = pen_.px(28), gap = pen_.px(1.5f);
    float x = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const float width = std::min(pen_.chip_width(tokens_[i], 14), look_.width);
      if (x > 0 && x + width > look_.width) {
        x = 0;
        y += leading;
      }
      const Box box{x, y, width, height};
      const std::string id = "token/" + std::to_string(i);
      if (predicted(i)) {
        const Color fill = fill_of(i);
        pen_.chip(tokens_[i], box, fill, readable_on(fill, pen_.colors()), 14);
      } else {   // nothing was said of it
        pen_.chip(tokens_[i], box, {0, 0, 0, 0}, pen_.colors().muted, 14);
        pen_.rect({.box = box, .stroke = pen_.colors().muted, .radius = pen_.px(4), .dashed = true});
      }
      if (pen_.marked(id)) pen_.frame(box);
      pen_.hit({box, id, tip(i), {}});
      x += width + gap;
      if (tokens_[i].bytes.ends_with('\n') && i + 1 < tokens_.size()) x = look_.width;   // the text's own line ends
    }
    return y + leading;
  }

  // The token that is pointed at, else the selected one, else the most surprising.
  std::size_t told() const {
    for (const std::string& mark : {look_.hovered, look_.selected})
      if (mark.starts_with("token/")) {
        const auto at = static_cast<std::size_t>(std::strtoull(mark.c_str() + 6, nullptr, 10));
        if (at < tokens_.size()) return at;
      }
    const std::size_t most = most_surprising();
    return most < tokens_.size() ? most : 0;
  }

  float draw_detail(float y) {
    const std::size_t i = told();
    const float row = pen_.px(21), pad = pen_.px(10);
    const Box box{0, y, look_.width, pen_.px(48) + row * static_cast<float>(top_) + pad * 0.6f};
    pen_.rect({.box = box, .stroke = pen_.colors().rule, .radius = pen_.px(6)});
    const float room = look_.width - 2 * pad;
    const std::string title = pen_.word("figure.surprise.token", {pen_.quoted(tokens_[i]), std::to_string(i)});
    pen_.text(pad, y + pen_.px(19), pen_.fit(title, room, 13.5f, Face::text_bold), pen_.colors().ink, 13.5f, 0,
              Face::text_bold);
    const std::string line = predicted(i) ? numbers(i)
                                          : pen_.word(i == 0 ? "figure.surprise.first" : "figure.surprise.later");
    pen_.text(pad, y + pen_.px(38), pen_.fit(line, room, 12.5f), pen_.colors().muted, 12.5f);
    if (!predicted(i)) return y + box.h;
    y += pen_.px(48);
    const float label = std::min(pen_.px(150), room * 0.4f), number = pen_.px(58);
    const float wide = room - label - number - pen_.px(10);
    for (std::size_t k = 0; k < top_; ++k) {
      const TokenView& token = expected_[i * top_ + k];
      const double p = expected_p_[i * top_ + k];
      const bool own = token.id == tokens_[i].id;
      const float base = y + pen_.px(15);
      pen_.text(pad, base, pen_.fit(visible(token.bytes), label - pen_.px(8), 13,
                                    token.whole() ? (own ? Face::text_bold : Face::text) : Face::mono),
                own ? pen_.colors().accent : pen_.colors().ink, 13, 0,
                token.whole() ? (own ? Face::text_bold : Face::text) : Face::mono);
      pen_.rect({.box = {pad + label, y + pen_.px(5), std::max(static_cast<float>(p) * wide, pen_.px(1)), pen_.px(11)},
                 .fill = own ? pen_.colors().accent : pen_.colors().muted, .radius = pen_.px(2)});
      pen_.text(look_.width - pad, base, percent(p), pen_.colors().ink, 12.5f, 1);
      y += row;
    }
    return box.y + box.h;
  }

  float draw_running(float y) {
    const std::vector<double>& running = snapshot_.numbers("running.mean");
    if (running.size() != tokens_.size() || total("predicted") < 2) return y;
    Chart chart{.id = "running", .title = pen_.word("figure.surprise.running")};
    Series each{.name = pen_.word("figure.surprise.each"), .color = pen_.colors().muted, .width = 1};
    Series mean{.name = pen_.word("figure.surprise.mean"), .color = pen_.colors().accent, .width = 2.2f};
    for (std::size_t i = 0; i < running.size(); ++i)
      for (const auto& [series, value] : {std::pair{&each, bits_[i]}, std::pair{&mean, running[i]}}) {
        series->x.push_back(static_cast<double>(i));
        series->y.push_back(value);
      }
    chart.series = {each, mean};
    chart.x_end = static_cast<double>(tokens_.size() - 1);
    chart.x_step = "figure.surprise.position";
    chart.x_title = pen_.word("figure.surprise.positions");
    chart.from_zero = true;
    y = draw_legend(pen_, chart.series, 0, y, look_.width);
    const float tall = pen_.px(160);
    draw_chart(pen_, chart, {0, y, look_.width, tall});
    return y + tall + pen_.px(4);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_, expected_;   // expected_ [token, top]
  const std::vector<double>&bits_, &p_, &rank_, &entropy_, &expected_p_;
  std::size_t top_ = 0;
  double range_ = 12;
  bool excess_ = false;
};

}  // namespace

Figure draw_surprise(const Snapshot& snapshot, const Look& look) { return SurpriseFigure(snapshot, look).draw(); }

}  // namespace tb::figure
