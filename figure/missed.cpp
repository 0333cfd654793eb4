// What heads write against what is missed without them: a dot for each head, and the correlation of every text.
#include "figure/training.h"

namespace tb::figure {
namespace {

class MissedFigure {
 public:
  MissedFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), texts_(snapshot.texts("prompts.text")),
        rho_(snapshot.numbers("prompts.rho")), written_(snapshot.numbers("heads.written")),
        missed_(snapshot.numbers("heads.missed")) {}

  Figure draw() {
    figure_.width = look_.width;
    const std::size_t n = texts_.size();
    if (n == 0 || rho_.size() != n || written_.empty() || written_.size() % n != 0 || missed_.size() != written_.size())
      return {};
    drawn_ = written_.size() / n;
    if (look_.selected.starts_with("text/")) alone_ = std::stoul(look_.selected.substr(5));
    if (alone_ >= n) alone_ = n;
    float y = pen_.paragraph(0, 0, look_.width, summary(), pen_.colors().ink, 13);
    if (const double against = number_of(snapshot_, "heads.against"); std::isfinite(against))
      y = pen_.paragraph(0, y, look_.width,
                         pen_.word("figure.missed.against", {whole_percent(against, pen_.language())}),
                         pen_.colors().muted, 12.5f);
    y = draw_dots(y + pen_.px(8));
    y = draw_texts(y + pen_.px(10));
    if (snapshot_.partial)
      y = pen_.paragraph(0, y, look_.width, pen_.word("figure.depth.partial"), pen_.colors().muted, 12);
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.missed",
                            {look_.strings.plural("figure.depth.count", static_cast<std::int64_t>(n)),
                             fixed("rho.mean")});
    return std::move(figure_);
  }

 private:
  std::string fixed(double value) const { return format_fixed(value, 2, pen_.language()); }
  std::string fixed(const char* column) const { return fixed(number_of(snapshot_, column)); }
  std::string summary() const {
    if (texts_.size() == 1) return pen_.word("figure.missed.mean-alone", {fixed("rho.mean"), fixed("rho.shuffled")});
    return pen_.word("figure.missed.mean", {fixed("rho.mean"), fixed("rho.low"), fixed("rho.high"), fixed("rho.least"),
                                            fixed("rho.most"), fixed("rho.shuffled")});
  }

  // Both axes in logits, drawn by square roots: most heads weigh little, and a few much.
  static double root(double value) { return std::copysign(std::sqrt(std::abs(value)), value); }

  float draw_dots(float y) {
    double reach = 0.25;
    for (std::size_t i = 0; i < written_.size(); ++i)
      reach = std::max({reach, std::abs(written_[i]), std::abs(missed_[i])});
    const float left = pen_.px(34), side = std::min(look_.width - left - pen_.px(8), pen_.px(380));
    const float tall = std::min(side, pen_.px(300));
    const Box plot{left, y, side, tall};
    const auto x_of = [&](double v) { return plot.x + plot.w * static_cast<float>(0.5 + 0.48 * root(v) / root(reach)); };
    const auto y_of = [&](double v) { return plot.y + plot.h * static_cast<float>(0.5 - 0.48 * root(v) / root(reach)); };
    pen_.rect({.box = plot, .stroke = pen_.colors().rule});
    pen_.line(x_of(0), plot.y, x_of(0), plot.y + plot.h, pen_.colors().muted);
    pen_.line(plot.x, y_of(0), plot.x + plot.w, y_of(0), pen_.colors().muted);
    for (const double tick : {-4.0, -1.0, 1.0, 4.0}) {
      if (std::abs(tick) > reach) continue;
      pen_.line(x_of(tick), plot.y + plot.h - pen_.px(4), x_of(tick), plot.y + plot.h, pen_.colors().muted);
      pen_.line(plot.x, y_of(tick), plot.x + pen_.px(4), y_of(tick), pen_.colors().muted);
      pen_.text(x_of(tick), plot.y + plot.h + pen_.px(13), pen_.term(tick, 0), pen_.colors().muted, 11, 0.5f);
      pen_.text(plot.x - pen_.px(4), y_of(tick) + pen_.px(4), pen_.term(tick, 0), pen_.colors().muted, 11, 1);
    }
    for (const bool front : {false, true})   // the chosen text's dots over the others
      for (std::size_t i = 0; i < written_.size(); ++i) {
        const bool chosen = alone_ == texts_.size() || i / drawn_ == alone_;
        if (chosen == front) draw_dot(i, x_of(written_[i]), y_of(missed_[i]), chosen);
      }
    pen_.text(plot.x + plot.w, plot.y + plot.h + pen_.px(28), pen_.word("figure.missed.written"), pen_.colors().ink, 12, 1);
    pen_.upward(pen_.px(11), plot.y + pen_.px(150), pen_.word("figure.missed.missed"), pen_.colors().ink, 12);
    return plot.y + plot.h + pen_.px(34);
  }

  void draw_dot(std::size_t i, float x, float y, bool chosen) {
    const float r = pen_.px(chosen ? 2.8f : 1.8f);
    const Box box{x - r, y - r, 2 * r, 2 * r};
    const bool against = written_[i] * missed_[i] < 0;
    const Color color = !chosen ? pen_.colors().rule : against ? pen_.colors().theirs : pen_.colors().ours;
    pen_.rect({.box = box, .fill = color, .radius = against ? 0 : r});
    const std::string id = "head/" + std::to_string(i);
    if (!chosen) return;
    if (pen_.marked(id)) pen_.frame(box, r);
    const auto whole = [&](const char* column) {
      return std::to_string(static_cast<int>(snapshot_.numbers(column)[i]));
    };
    pen_.hit({box, id,
              {pen_.word("figure.attention.head", {whole("heads.layer"), whole("heads.head")}) + " · " +
                   texts_[i / drawn_],
               pen_.word("figure.missed.written") + ": " + pen_.term(written_[i], 3),
               pen_.word("figure.missed.missed") + ": " + pen_.term(missed_[i], 3)},
              {}});
  }

  // A bar a text, from 0 to its correlation.
  float draw_texts(float y) {
    y = pen_.heading(y, pen_.word("figure.missed.rho")) + pen_.px(4);
    const float row = pen_.px(19), wide = look_.width * 0.52f, number = pen_.px(44);
    const float from = wide + pen_.px(10), room = look_.width - from - number, zero = from + room / 2;
    for (std::size_t i = 0; i < texts_.size(); ++i, y += row) {
      const std::string id = "text/" + std::to_string(i);
      const Box box{0, y, look_.width, row};
      if (i == alone_ || pen_.marked(id)) pen_.rect({.box = box, .fill = pen_.colors().card});
      const float base = y + row / 2 + pen_.px(4.2f);
      pen_.text(0, base, pen_.fit(texts_[i], wide, 12), pen_.colors().ink, 12);
      if (std::isfinite(rho_[i])) {
        const auto length = static_cast<float>(rho_[i]) * room / 2;
        pen_.rect({.box = {std::min(zero, zero + length), y + row * 0.22f, std::abs(length), row * 0.56f},
                   .fill = rho_[i] < 0 ? pen_.colors().theirs : pen_.colors().ours});
        pen_.text(look_.width, base, fixed(rho_[i]), pen_.colors().muted, 11.5f, 1);
      }
      pen_.line(zero, y, zero, y + row, pen_.colors().muted);
      pen_.hit({box, id, {texts_[i], "ρ = " + fixed(rho_[i])}, {}});
    }
    return y + pen_.px(6);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  const std::vector<std::string>& texts_;
  const std::vector<double>&rho_, &written_, &missed_;
  std::size_t drawn_ = 1, alone_ = ~std::size_t{0};
};

}  // namespace

Figure draw_missed(const Snapshot& snapshot, const Look& look) { return MissedFigure(snapshot, look).draw(); }

}  // namespace tb::figure
