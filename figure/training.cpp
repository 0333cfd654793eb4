#include "figure/training.h"

namespace tb::figure {

double steps_of(const Snapshot& snapshot) {
  const auto found = snapshot.inputs.find("steps");
  const auto* steps = found == snapshot.inputs.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
  return steps ? static_cast<double>(std::max<std::int64_t>(1, *steps)) : 1;
}

Series training_series(const Snapshot& snapshot, const std::string& column, Color color) {
  // Of step 0 is told what was true before it.
  return {.name = "", .x = snapshot.numbers("training.step"), .y = snapshot.numbers("training." + column),
          .color = color};
}

Series probe_series(const Snapshot& snapshot, const std::string& column, Color color) {
  return {.name = "", .x = snapshot.numbers("probes.step"), .y = snapshot.numbers(column), .color = color};
}

float draw_charts(Pen& pen, std::vector<Chart> charts, float y, float width) {
  const std::size_t columns = width >= pen.px(440) ? 2 : 1;
  const float gap = pen.px(18), height = pen.px(132);
  const float wide = (width - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  std::vector<float> axes(columns, 0);
  for (std::size_t i = 0; i < charts.size(); ++i)
    axes[i % columns] = std::max(axes[i % columns], axis_width(pen, charts[i], height));
  for (std::size_t i = 0; i < charts.size(); ++i) {
    const std::size_t column = i % columns;
    const bool last = i + columns >= charts.size();   // the lowest of its column names the x axis
    charts[i].axis = axes[column];
    if (last) charts[i].x_title = pen.word("figure.chart.steps");
    const float tall = last ? height + pen.px(14) : height;
    draw_chart(pen, charts[i], {(wide + gap) * static_cast<float>(column), y, wide, tall});
    if (column + 1 == columns || i + 1 == charts.size()) y += tall + pen.px(8);
  }
  return y;
}

std::string whole_percent(double p, std::string_view language) {
  return format_integer(std::lround(p * 100), language) + (language == "ru" ? "\u00a0%" : "%");
}

float draw_progress(Pen& pen, const Snapshot& snapshot, const Look& look, float x, float y) {
  const auto whole = [&](double n) { return format_integer(static_cast<std::int64_t>(n), pen.language()); };
  const std::string words =
      pen.word("figure.chart.progress", {whole(number_of(snapshot, "run.steps")), whole(steps_of(snapshot))});
  if (x + pen.px(16) + pen.width(words, Face::text, 12.5f) > look.width) y += pen.px(20);
  pen.text(look.width, y + pen.px(13), words, pen.colors().muted, 12.5f, 1);
  y += pen.px(18);
  const std::vector<std::string>& problem = snapshot.texts("saved.error");
  if (problem.size() < 2) return y;
  const Message message = describe({problem[0], problem[1], {problem.begin() + 2, problem.end()}}, look.strings);
  const std::string note = pen.word("figure.chart.not-saved", {message.what}) + " " + message.remedy;
  return pen.paragraph(0, y + pen.px(6), look.width, note, pen.colors().warn) + pen.px(4);
}

}  // namespace tb::figure
