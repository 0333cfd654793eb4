// What can be read in a row of the stream, and what comes of replacing it: two charts over the same blocks.
#include "figure/training.h"

namespace tb::figure {
namespace {

std::vector<double> block_numbers(std::size_t count) {
  std::vector<double> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<double>(i);
  return x;
}

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values)
    if (std::isfinite(value)) most = std::max(most, value);
  return most;
}

}  // namespace

Figure draw_probe(const Snapshot& snapshot, const Look& look) {
  Figure figure;
  figure.width = look.width;
  Pen pen(figure, look);
  const std::vector<TokenView> tokens = tokens_of(snapshot, "tokens");
  const std::vector<double>& accuracy = snapshot.numbers("probe.accuracy");
  const std::vector<double>& recovery = snapshot.numbers("use.recovery");
  const auto row = static_cast<std::size_t>(number_of(snapshot, "row.query"));
  if (row >= tokens.size() || accuracy.size() < 2 || recovery.size() != accuracy.size()) return {};
  const std::vector<double> x = block_numbers(accuracy.size());
  const auto percent = [&](double p) { return whole_percent(p, pen.language()); };

  float y = token_rows(pen, look, tokens, row, 0) + pen.px(2);
  y = pen.paragraph(0, y, look.width,
                    pen.word("figure.probe.row", {std::to_string(row), pen.quoted(tokens[row])}), pen.colors().ink, 13);
  const auto count = [&](const char* name) {
    return format_integer(static_cast<std::int64_t>(number_of(snapshot, name)), pen.language());
  };
  y = pen.paragraph(0, y, look.width,
                    pen.word("figure.probe.counts", {count("count.fitted"), count("count.tested"), count("count.pairs")}),
                    pen.colors().muted, 12.5f) + pen.px(6);

  Chart read{.id = "read", .title = pen.word("figure.probe.accuracy")};
  read.series = {{.name = pen.word("figure.probe.probe"), .x = x, .y = accuracy, .color = pen.colors().ours, .width = 2},
                 {.name = pen.word("figure.probe.shuffled"), .x = x, .y = snapshot.numbers("probe.shuffled"),
                  .color = pen.colors().muted, .dashed = true}};
  read.high = 1;
  Chart use{.id = "use", .title = pen.word("figure.probe.recovery")};
  use.series = {{.name = pen.word("figure.probe.spread"), .x = x, .y = snapshot.numbers("use.low"),
                 .color = pen.colors().muted},
                {.name = "", .x = x, .y = snapshot.numbers("use.high"), .color = pen.colors().muted},
                {.name = pen.word("figure.probe.mean"), .x = x, .y = recovery, .color = pen.colors().theirs,
                 .width = 2}};
  use.span = 1;
  use.from_zero = true;
  for (Chart* chart : {&read, &use}) {
    chart->x_end = x.back();
    chart->x_step = "figure.probe.step";
    chart->tick_label = chart->value_label = percent;
  }
  use.x_title = pen.word("figure.probe.blocks");
  const float height = pen.px(150);
  read.axis = use.axis = std::max(axis_width(pen, read, height), axis_width(pen, use, height));
  for (const Chart* chart : {&read, &use}) {
    y = draw_legend(pen, chart->series, 0, y, look.width) + pen.px(4);
    const float tall = height + (chart == &use ? pen.px(14) : 0);
    draw_chart(pen, *chart, {0, y, look.width, tall});
    y += tall + pen.px(10);
  }
  figure.height = std::ceil(y);
  figure.alt = pen.word("figure.alt.probe",
                        {pen.quoted(tokens[row]), percent(largest(accuracy)), percent(largest(recovery))});
  return figure;
}

}  // namespace tb::figure
