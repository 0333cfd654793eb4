// Two runs of training: the difference of their curves, about zero.
#include "figure/compare.h"
#include "figure/training.h"

namespace tb::figure {
namespace {

// A curve of B − A, and what it is called.
struct Curve { const char* column; const char* title; bool probed; bool share; };

std::vector<Curve> curves_of(const Snapshot& snapshot) {
  if (snapshot.lab == "lora")
    return {{"watch.p", "figure.lora.watch", true, true},
            {"neutral.nll", "figure.lora.neutral", true, false},
            {"training.loss", "figure.chart.loss", false, false},
            {"training.gradient_norm", "figure.chart.gradient", false, false}};
  return {{"held_out.loss", "figure.from-scratch.loss", true, false},
          {"held_out.right", "figure.from-scratch.right", true, true},
          {"training.loss", "figure.chart.loss", false, false},
          {"training.gradient_norm", "figure.chart.gradient", false, false}};
}

}  // namespace

Figure draw_training_difference(const Snapshot& difference, const Look& look) {
  Figure figure;
  figure.width = look.width;
  Pen pen(figure, look);
  const std::vector<double>&probes = difference.numbers("probes.step"), &steps = difference.numbers("training.step");
  if (probes.empty()) return {};
  const double end = std::max({1.0, probes.back(), steps.empty() ? 0 : steps.back() + 1});
  std::vector<Chart> charts;
  std::string last;
  for (const Curve& curve : curves_of(difference)) {
    const std::vector<double>& values = difference.numbers(curve.column);
    const std::vector<double>& at = curve.probed ? probes : steps;
    if (values.empty() || values.size() != at.size()) continue;
    // Zero in the middle, so that above and below are as much as they look.
    double largest = curve.share ? 0.01 : 0.1;
    for (const double value : values)
      if (std::isfinite(value)) largest = std::max(largest, std::abs(value) * 1.06);
    const auto number = [&pen, share = curve.share](double value) {
      return share ? points(pen, value) : pen.term(value, 3);
    };
    charts.push_back({.id = curve.column, .title = pen.word(curve.title) + ": " + pen.word("compare.difference"),
                      .series = {{.name = "", .x = at, .y = values, .color = pen.colors().ink}},
                      .levels = {{"", 0}}, .x_end = end, .low = -largest, .high = largest,
                      .tick_label = curve.share ? std::function<std::string(double)>(number) : nullptr,
                      .value_label = number, .tip = {std::string(curve.column) + ", B − A"}});
    if (curve.probed) last += (last.empty() ? "" : "; ") + pen.word(curve.title) + " " + number(values.back());
  }
  const std::string reach = format_integer(static_cast<std::int64_t>(end), pen.language());
  float y = pen.paragraph(0, 0, look.width, pen.word("figure.compare.training", {reach}), pen.colors().muted, 12.5f);
  y = draw_charts(pen, std::move(charts), y + pen.px(6), look.width);
  figure.height = std::ceil(y);
  figure.alt = pen.word("figure.alt.compare-training",
                        {format_integer(static_cast<std::int64_t>(probes.back()), pen.language()), last});
  return figure;
}

}  // namespace tb::figure
