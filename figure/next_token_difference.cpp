// What changes in the next token from A to B: a row for every token that either lists, its probability in both, and a
// bar to the left of zero where it falls, to the right where it grows.
#include "figure/compare.h"

namespace tb::figure {
namespace {

class NextTokenDifference {
 public:
  NextTokenDifference(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "bars")),
        p_(snapshot.numbers("bars.p")), a_(snapshot.numbers("bars.p_a")), b_(snapshot.numbers("bars.p_b")),
        kept_(snapshot.numbers("bars.kept")) {}

  Figure draw() {
    figure_.width = look_.width;
    const std::size_t rows = tokens_.size();
    if (rows == 0 || p_.size() != rows || a_.size() != rows || b_.size() != rows || kept_.size() != rows) return {};
    for (std::size_t i = 0; i < rows; ++i)
      for (const double value : {p_[i], kept_[i]})
        if (std::isfinite(value)) range_ = std::max(range_, std::abs(value));
    const double rest = number_of(snapshot_, "tail.p");
    if (std::isfinite(rest)) range_ = std::max(range_, std::abs(rest));
    width_a_ = number_width(a_, "tail.p_a");
    width_b_ = number_width(b_, "tail.p_b");
    float y = draw_heads(0);
    for (std::size_t row = 0; row < rows; ++row) y = draw_row(row, y);
    y = draw_rest(y);
    y = draw_axis(y);
    const double bits = number_of(snapshot_, "softmax.entropy");
    const auto entropy = [&](const Snapshot* run) {
      return format_fixed(number_of(*run, "softmax.entropy"), 2, pen_.language());
    };
    y = pen_.paragraph(0, y + pen_.px(8), look_.width,
                       pen_.word("figure.compare.entropy", {entropy(look_.between.a), entropy(look_.between.b),
                                                            pen_.term(bits)}),
                       pen_.colors().muted, 13);
    figure_.height = std::ceil(y);
    std::string list;
    for (std::size_t i = 0; i < rows && i < 3; ++i)
      list += (i ? ", " : "") + pen_.quoted(tokens_[i]) + " " + points(pen_, p_[i]);
    figure_.alt = pen_.word("figure.alt.compare-next-token", {list});
    return std::move(figure_);
  }

 private:
  std::string percent(double p) const {
    return std::isnan(p) ? pen_.word("figure.compare.unknown") : format_percent(p, pen_.language());
  }
  // The columns of numbers are as wide as what stands in them.
  float number_width(const std::vector<double>& p, const char* rest) const {
    float width = pen_.width(percent(number_of(snapshot_, rest)), Face::text, 14);
    for (const double one : p) width = std::max(width, pen_.width(percent(one), Face::text, 14));
    return width + pen_.px(10);
  }
  float chip_end() const { return std::min(pen_.px(130), look_.width * 0.22f); }
  float a_end() const { return chip_end() + width_a_; }
  float b_end() const { return a_end() + width_b_; }
  float track() const { return b_end() + pen_.px(14); }
  float track_end() const { return look_.width - pen_.px(80); }
  float zero() const { return (track() + track_end()) / 2; }
  float at(double p) const { return zero() + static_cast<float>(p / range_) * (track_end() - track()) / 2; }
  Color sign(double p) const { return p < 0 ? pen_.colors().diverging.front() : pen_.colors().diverging.back(); }

  float draw_heads(float y) {
    const float base = y + pen_.px(13);
    for (const bool of_b : {false, true})
      draw_run_sign(pen_, of_b, (of_b ? b_end() : a_end()) - pen_.px(sign_side), y - pen_.px(1));
    pen_.text(0, base, pen_.word("figure.next-token.token"), pen_.colors().muted, 12);
    pen_.text(look_.width, base, pen_.word("figure.compare.change"), pen_.colors().muted, 12, 1);
    const std::string less = pen_.word("figure.compare.more-a"), more = pen_.word("figure.compare.more-b");
    const float half = (track_end() - track()) / 2 - pen_.px(4);
    pen_.text(track(), base, pen_.fit("◂ " + less, half, 11.5f), pen_.colors().muted, 11.5f);
    pen_.text(track_end(), base, pen_.fit(more + " ▸", half, 11.5f), pen_.colors().muted, 11.5f, 1);
    y += pen_.px(21);
    pen_.line(0, y, look_.width, y, pen_.colors().rule);
    return y + pen_.px(4);
  }

  // Outline: after the filters. Fill: over the whole vocabulary.
  void draw_bar(double p, double kept, float y, float height, bool hatched) {
    const float bar = pen_.px(13), top = y + (height - bar) / 2;
    pen_.rect({.box = {track(), top, track_end() - track(), bar}, .fill = pen_.colors().paper, .radius = pen_.px(2)});
    const auto box = [&](double value) {
      const float x = at(value);
      return Box{std::min(zero(), x), top, std::max(std::abs(x - zero()), pen_.px(1)), bar};
    };
    if (std::isfinite(kept) && kept != p)
      pen_.rect({.box = box(kept), .stroke = sign(kept), .radius = pen_.px(2), .stroke_width = 1.2f});
    if (std::isfinite(p) && p != 0)
      pen_.rect({.box = box(p), .fill = sign(p), .radius = hatched ? 0 : pen_.px(2), .hatched = hatched});
    pen_.line(zero(), y, zero(), y + height, pen_.colors().muted);
  }

  float draw_row(std::size_t row, float y) {
    const float height = pen_.px(27), base = y + height / 2 + pen_.px(5);
    const std::string id = "bar/" + std::to_string(row), at = "[" + std::to_string(row) + "]";
    if (pen_.marked(id))
      pen_.rect({.box = {0, y, look_.width, height}, .fill = pen_.colors().paper, .radius = pen_.px(4)});
    const Box chip{0, y + pen_.px(2), std::min(pen_.chip_width(tokens_[row], 14), chip_end()), height - pen_.px(4)};
    pen_.chip(tokens_[row], row, chip, 14);
    pen_.text(a_end(), base, percent(a_[row]), pen_.colors().ink, 14, 1);
    pen_.text(b_end(), base, percent(b_[row]), pen_.colors().ink, 14, 1);
    draw_bar(p_[row], kept_[row], y, height, false);
    pen_.text(look_.width, base, points(pen_, p_[row]), pen_.colors().ink, 14, 1);
    std::vector<std::string> tip = token_tip(look_, tokens_[row], -1);
    const auto said = [&](double p) {
      return std::isnan(p) ? pen_.word("figure.compare.not-said") : format_fixed(p, 8, pen_.language());
    };
    tip.push_back("bars.p_a" + at + " = " + said(a_[row]));
    tip.push_back("bars.p_b" + at + " = " + said(b_[row]));
    if (std::isfinite(p_[row])) tip.push_back("bars.p" + at + " = " + pen_.term(p_[row], 8));
    if (const double kept = kept_[row]; std::isfinite(kept) && kept != p_[row])
      tip.push_back("bars.kept" + at + " = " + pen_.term(kept, 8));
    pen_.hit({{0, y, look_.width, height}, id, std::move(tip), {}});
    return y + height;
  }

  float draw_rest(float y) {
    const float height = pen_.px(26), base = y + height / 2 + pen_.px(5);
    const double p = number_of(snapshot_, "tail.p");
    const auto count = static_cast<std::int64_t>(number_of(snapshot_, "tail.count"));
    const std::string name = look_.strings.plural("figure.next-token.others", count);
    const Color muted = pen_.colors().muted;
    pen_.text(0, base, pen_.fit(name, chip_end() + pen_.px(4), 12), muted, 12);
    pen_.text(a_end(), base, percent(number_of(snapshot_, "tail.p_a")), muted, 14, 1);
    pen_.text(b_end(), base, percent(number_of(snapshot_, "tail.p_b")), muted, 14, 1);
    draw_bar(p, p, y, height, true);
    pen_.text(look_.width, base, points(pen_, p), muted, 14, 1);
    std::vector<std::string> tip = {name};
    if (std::isfinite(p)) tip.push_back("tail.p = " + pen_.term(p, 8));
    pen_.hit({{0, y, look_.width, height}, "tail", std::move(tip), {}});
    return y + height;
  }

  // The range of the bars, in print.
  float draw_axis(float y) {
    const float base = y + pen_.px(13);
    pen_.text(track(), base, points(pen_, -range_), pen_.colors().muted, 11.5f);
    pen_.text(zero(), base, "0", pen_.colors().muted, 11.5f, 0.5f);
    pen_.text(track_end(), base, points(pen_, range_), pen_.colors().muted, 11.5f, 1);
    return y + pen_.px(18);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  const std::vector<double>&p_, &a_, &b_, &kept_;
  double range_ = 1e-6;                  // of the bars, either way
  float width_a_ = 0, width_b_ = 0;
};

}  // namespace

Figure draw_next_token_difference(const Snapshot& difference, const Look& look) {
  return NextTokenDifference(difference, look).draw();
}

}  // namespace tb::figure
