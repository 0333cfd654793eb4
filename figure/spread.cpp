// One change of attention over many prompts: each prompt as a dot, the means of the controls under it, then the prompts.
#include "figure/kit.h"

namespace tb::figure {
namespace {

class SpreadFigure {
 public:
  SpreadFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), change_(snapshot.numbers("prompts.change")),
        heads_(snapshot.numbers("random.mean")), places_(snapshot.numbers("places.mean")), mean_(number("change.mean")) {}

  Figure draw() {
    figure_.width = look_.width;
    if (change_.empty()) return {};
    float y = draw_summary(0);
    y = draw_strip(y + pen_.px(10));
    y = draw_prompts(y + pen_.px(18));
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.spread", {whole(static_cast<double>(change_.size())), pen_.term(mean_)});
    return std::move(figure_);
  }

 private:
  double number(std::string_view column) const { return number_of(snapshot_, column); }
  std::string whole(double value) const { return format_integer(std::llround(value), pen_.language()); }

  float draw_summary(float y) {
    y = pen_.heading(y, pen_.word("figure.spread.change"));
    const std::string all = whole(number("count.prompts"));
    y = pen_.paragraph(0, y, look_.width,
                       pen_.word("figure.spread.raised", {whole(number("count.raised")), all,
                                                          pen_.term(number("change.least")),
                                                          pen_.term(number("change.most"))}),
                       pen_.colors().ink, 13);
    return pen_.paragraph(0, y, look_.width,
                          pen_.word("figure.spread.right", {whole(number("count.right-before")),
                                                            whole(number("count.right-after")), all}),
                          pen_.colors().ink, 13);
  }

  // Rows of dots on a common axis, with a line at 0 and one at the mean.
  float draw_strip(float y) {
    double low = std::min(mean_, 0.0), high = std::max(mean_, 0.0);
    for (const std::vector<double>* list : {&change_, &heads_, &places_})
      for (const double value : *list) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    if (high - low < 0.01) high = low + 0.01;
    const auto count = [&](std::string_view key, const std::vector<double>& of) {
      return look_.strings.plural(key, static_cast<std::int64_t>(of.size()));
    };
    const std::string here = count("figure.spread.prompts", change_), drawn = count("figure.spread.heads", heads_),
                      elsewhere = count("figure.spread.places", places_);
    float label = 0;
    for (const std::string* text : {&here, &drawn, &elsewhere})
      label = std::max(label, pen_.width(*text, Face::text, 12.5f));
    const float left = label + pen_.px(20), right = look_.width - pen_.px(14);
    const auto x_of = [&](double value) {
      return left + static_cast<float>((value - low) / (high - low)) * (right - left);
    };
    const float top = y;
    y = draw_dots(y, here, "prompts", change_, pen_.colors().ours, true, x_of);
    if (!heads_.empty()) y = draw_dots(y, drawn, "random", heads_, pen_.colors().muted, true, x_of);
    if (!places_.empty()) y = draw_dots(y, elsewhere, "places", places_, pen_.colors().muted, false, x_of);
    pen_.line(x_of(0), top, x_of(0), y, pen_.colors().muted, 1, true);
    pen_.line(x_of(mean_), top, x_of(mean_), y, pen_.colors().ours, 2);
    std::string mean = pen_.word("figure.spread.mean", {pen_.term(mean_)});
    if (const double from = number("change.low"); !std::isnan(from))
      mean += " " + pen_.word("figure.spread.interval", {pen_.term(from), pen_.term(number("change.high"))});
    const float half = pen_.width(mean, Face::text_bold, 12) / 2;
    const float at = std::clamp(x_of(mean_), half, std::max(look_.width - half, half));
    pen_.text(at, y + pen_.px(13), mean, pen_.colors().ours, 12, 0.5f, Face::text_bold);
    if (std::abs(x_of(0) - at) > half + pen_.px(14))
      pen_.text(x_of(0), y + pen_.px(13), "0", pen_.colors().muted, 12, 0.5f);
    y += pen_.px(20);
    if (!heads_.empty() || !places_.empty())
      y = pen_.paragraph(0, y, look_.width,
                         pen_.word("figure.spread.share", {whole(number("controls.as-large")),
                                                           whole(number("controls.count"))}),
                         pen_.colors().muted, 12.5f);
    if (snapshot_.partial)
      y = pen_.paragraph(0, y, look_.width, pen_.word("figure.patching.partial"), pen_.colors().muted, 12);
    return y;
  }

  template <class ToX>
  float draw_dots(float y, const std::string& label, const std::string& which, const std::vector<double>& values,
                  Color ink, bool filled, const ToX& x_of) {
    const float row = pen_.px(24), size = pen_.px(7);
    pen_.text(0, y + row / 2 + pen_.px(4.5f), label, pen_.colors().muted, 12.5f);
    const std::vector<std::string>&texts = snapshot_.texts("prompts.text"), &heads = snapshot_.texts("random.heads");
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Box box{x_of(values[i]) - size / 2, y + (row - size) / 2, size, size};
      const std::string id = which + "/" + std::to_string(i);
      if (filled) pen_.rect({.box = box, .fill = {ink.r, ink.g, ink.b, 140}, .radius = size / 2});
      else pen_.rect({.box = box, .stroke = ink, .radius = size / 2, .stroke_width = 1.3f});
      if (pen_.marked(id)) pen_.frame(box);
      std::vector<std::string> tip = {pen_.term(values[i]) + " " + pen_.word("figure.logits"),
                                      which + (which == "prompts" ? ".change[" : ".mean[") + std::to_string(i) + "]"};
      if (which == "prompts" && i < texts.size()) tip.insert(tip.begin(), texts[i]);
      if (which == "random" && i < heads.size())
        tip.insert(tip.begin(), pen_.word("figure.control.these", {heads[i]}));
      pen_.hit({box, id, std::move(tip), {}});
    }
    return y + row;
  }

  // A line for each prompt: how far the answer was ahead, and is.
  float draw_prompts(float y) {
    const std::vector<std::string>& texts = snapshot_.texts("prompts.text");
    const std::vector<double>&before = snapshot_.numbers("prompts.before"), &after = snapshot_.numbers("prompts.after");
    const std::vector<double>&was = snapshot_.numbers("look.before"), &now = snapshot_.numbers("look.after");
    y = pen_.heading(y, pen_.word("figure.spread.list"));
    const float second = look_.width, first = look_.width - pen_.px(64);
    pen_.text(first, y + pen_.px(4), pen_.word("figure.control.before"), pen_.colors().muted, 12, 1);
    pen_.text(second, y + pen_.px(4), pen_.word("figure.control.after"), pen_.colors().muted, 12, 1);
    y += pen_.px(10);
    const float row = pen_.px(20);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string id = "prompt/" + std::to_string(i);
      const Box all{0, y, look_.width, row};
      const float base = y + pen_.px(14.5f);
      if (pen_.marked(id)) pen_.frame(all);
      pen_.text(0, base, pen_.fit(texts[i], first - pen_.px(64), 13), pen_.colors().ink, 13);
      pen_.text(first, base, format_logit(before[i], pen_.language()), pen_.colors().muted, 13, 1);
      pen_.text(second, base, format_logit(after[i], pen_.language()), pen_.colors().ink, 13, 1);
      std::vector<std::string> tip = {texts[i], pen_.term(change_[i]) + " " + pen_.word("figure.logits")};
      if (!std::isnan(was[i]))   // heads were chosen
        tip.push_back(pen_.word("figure.spread.look", {format_percent(was[i], pen_.language()),
                                                       format_percent(now[i], pen_.language())}));
      pen_.hit({all, id, std::move(tip), {}});
      y += row;
    }
    return y;
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  const std::vector<double>&change_, &heads_, &places_;
  double mean_;
};

}  // namespace

Figure draw_spread(const Snapshot& snapshot, const Look& look) { return SpreadFigure(snapshot, look).draw(); }

}  // namespace tb::figure
