#include "figure/chart.h"

#include <limits>

namespace tb::figure {
namespace {

constexpr float small = 11.5f;

struct Range { double low = 0, high = 1; };

Range range_of(const Chart& chart) {
  if (chart.low < chart.high) return {chart.low, chart.high};
  double low = std::numeric_limits<double>::infinity(), high = -low;
  const auto take = [&](double y) {
    if (!std::isfinite(y)) return;
    low = std::min(low, y);
    high = std::max(high, y);
  };
  for (const Series& series : chart.series)
    for (const double y : series.y) take(y);
  for (const Level& level : chart.levels) take(level.y);
  if (low > high) return {0, 1};
  if (high - low < chart.span) high = low + chart.span;
  if (chart.from_zero || (low > 0 && low < 0.5 * high)) low = std::min(low, 0.0);
  double room = high > low ? 0.06 * (high - low) : std::max(0.5, std::abs(high) * 0.1);
  for (const Level& level : chart.levels)
    if (low != 0 && level.y <= low + 0.1 * (high - low)) room = std::max(room, 0.24 * (high - low));   // for its name
  return {low == 0 ? 0 : low - room, high + (high > low ? 0.06 * (high - low) : room)};
}

// The y axis: its range, its ticks, and how they are written.
struct Axis {
  Range range;
  std::vector<double> at;
  std::vector<std::string> labels;
  int decimals = 2;
  float width = 0;

  Axis(const Pen& pen, const Chart& chart, float height) : range(range_of(chart)) {
    const int wanted = std::max(2, static_cast<int>(height / pen.px(34)));
    at = ticks(range.low, range.high, wanted);
    if (at.size() < 2) at = ticks(range.low, range.high, 2 * wanted);
    if (at.size() > 1) decimals = decimals_of(at[1] - at[0]);
    width = std::max(pen.px(14), chart.axis);
    for (const double y : at) {
      labels.push_back(chart.tick_label ? chart.tick_label(y)
                                        : format_fixed(y == 0 ? 0 : y, decimals, pen.language()));
      width = std::max(width, pen.width(labels.back(), Face::text, small));
    }
  }
};

class ChartDrawing {
 public:
  ChartDrawing(Pen& pen, const Chart& chart, Box box)
      : pen_(pen), chart_(chart), box_(box), axis_(pen, chart, box.h), y_(axis_.range) {
    const float above = pen.px(24), below = pen.px(chart.x_title.empty() ? 17 : 31);
    plot_ = {box.x + axis_.width + pen.px(6), box.y + above, box.w - axis_.width - pen.px(10), box.h - above - below};
  }

  void draw() {
    pen_.text(box_.x, box_.y + pen_.px(13), pen_.fit(chart_.title, box_.w, 13, Face::text_bold), pen_.colors().ink, 13,
              0, Face::text_bold);
    draw_axes();
    for (const Level& level : chart_.levels) draw_level(level);
    for (const Series& series : chart_.series) draw_series(series);
    draw_hits();
  }

 private:
  float at_x(double x) const { return plot_.x + plot_.w * static_cast<float>(x / std::max(chart_.x_end, 1e-12)); }
  float at_y(double y) const {
    return plot_.y + plot_.h * static_cast<float>((y_.high - y) / (y_.high - y_.low));
  }

  void draw_axes() {
    const Color muted = pen_.colors().muted;
    for (std::size_t i = 0; i < axis_.at.size(); ++i) {
      const float y = at_y(axis_.at[i]);
      pen_.line(plot_.x, y, plot_.x + plot_.w, y, pen_.colors().rule);
      pen_.text(plot_.x - pen_.px(6), y + pen_.px(4), axis_.labels[i], muted, small, 1);
    }
    const float bottom = plot_.y + plot_.h;
    pen_.line(plot_.x, bottom, plot_.x + plot_.w, bottom, muted);
    for (const double tick : ticks(0, chart_.x_end, std::max(2, static_cast<int>(box_.w / pen_.px(64))))) {
      if (tick != std::round(tick)) continue;   // steps are whole
      const std::string text = format_integer(static_cast<std::int64_t>(tick), pen_.language());
      const float half = pen_.width(text, Face::text, small) / 2;
      const float x = std::min(at_x(tick), box_.x + box_.w - half);   // the last one stays inside
      pen_.line(at_x(tick), bottom, at_x(tick), bottom + pen_.px(4), muted);
      pen_.text(x, bottom + pen_.px(15), text, muted, small, 0.5f);
    }
    if (!chart_.x_title.empty())
      pen_.text(plot_.x + plot_.w, bottom + pen_.px(29), pen_.fit(chart_.x_title, plot_.w, small), muted, small, 1);
  }

  // Its name stands where the least of the curves passes: above or below the line, at its right end if that is free.
  void draw_level(const Level& level) {
    if (level.y < y_.low || level.y > y_.high) return;
    const float y = at_y(level.y), tall = pen_.px(15), inset = pen_.px(3);
    pen_.line(plot_.x, y, plot_.x + plot_.w, y, pen_.colors().muted, 1.2f, true);
    const std::string name = pen_.fit(level.name, plot_.w - 2 * inset, small);
    const float wide = pen_.width(name, Face::text, small) + 2 * inset;
    Box best;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    constexpr int places = 8;
    for (int place = places; place >= 0; --place) {
      const float x = plot_.x + (plot_.w - wide) * static_cast<float>(place) / places;
      for (const float top : {y - tall, y + pen_.px(1)}) {
        const Box box{x, top, wide, tall};
        if (top < plot_.y - pen_.px(2) || top + tall > plot_.y + plot_.h + pen_.px(1)) continue;
        if (const std::size_t covered = curves_in(box); covered < least) {
          least = covered;
          best = box;
        }
      }
    }
    if (best.w > 0)
      pen_.text(best.x + inset, best.y + pen_.px(11), name, pen_.colors().muted, small);
  }

  // How much of the curves lies in the box, in steps of a pixel.
  std::size_t curves_in(Box box) const {
    std::size_t covered = 0;
    for (const Series& series : chart_.series)
      for (std::size_t i = 0; i + 1 < series.x.size() && i + 1 < series.y.size(); ++i) {
        const float x = at_x(series.x[i]), y = at_y(series.y[i]);
        const float right = at_x(series.x[i + 1]) - x, down = at_y(series.y[i + 1]) - y;
        if (!std::isfinite(y + down)) continue;
        const int steps = 1 + static_cast<int>(std::max(std::abs(right), std::abs(down)));
        for (int step = 0; step <= steps; ++step) {
          const float part = static_cast<float>(step) / static_cast<float>(steps);
          covered += x + part * right >= box.x && x + part * right <= box.x + box.w && y + part * down >= box.y &&
                     y + part * down <= box.y + box.h;
        }
      }
    return covered;
  }

  void draw_series(const Series& series) {
    PathShape path{.points = {}, .color = series.color, .width = pen_.px(series.width), .dashed = series.dashed};
    const auto flush = [&] {
      if (path.points.size() == 1)
        pen_.rect({.box = {path.points[0].x - pen_.px(2), path.points[0].y - pen_.px(2), pen_.px(4), pen_.px(4)},
                   .fill = series.color, .radius = pen_.px(2)});
      else if (!path.points.empty()) pen_.path(path);
      path.points.clear();
    };
    for (std::size_t i = 0; i < series.x.size() && i < series.y.size(); ++i) {
      if (!std::isfinite(series.y[i])) flush();
      else path.points.push_back({at_x(series.x[i]), std::clamp(at_y(series.y[i]), plot_.y, plot_.y + plot_.h)});
    }
    flush();
  }

  // The index of the finite value nearest to x.
  static std::size_t nearest(const Series& series, double x) {
    std::size_t best = series.x.size();
    for (std::size_t i = 0; i < series.x.size() && i < series.y.size(); ++i)
      if (std::isfinite(series.y[i]) &&
          (best == series.x.size() || std::abs(series.x[i] - x) < std::abs(series.x[best] - x)))
        best = i;
    return best;
  }

  // A step is a whole number, a strength need not be one.
  std::string place_name(double x) const {
    if (x == std::round(x)) return format_integer(std::llround(x), pen_.language());
    return format_fixed(x, 2, pen_.language());
  }

  // Upright strips, each of which tells the values nearest to it.
  void draw_hits() {
    std::size_t points = 0;
    for (const Series& series : chart_.series) points = std::max(points, series.x.size());
    const auto strips = std::min(points, static_cast<std::size_t>(std::max(1.f, plot_.w / pen_.px(7))));
    for (std::size_t i = 0; i < strips; ++i) {
      const double n = static_cast<double>(strips), wide = chart_.x_end / n;
      const double x = wide * (static_cast<double>(i) + 0.5);
      const std::string id = chart_.id + "/" + std::to_string(i);
      std::vector<std::string> tip;
      for (const Series& series : chart_.series) {
        const std::size_t at = nearest(series, x);
        if (at == series.x.size() || std::abs(series.x[at] - x) > wide) continue;
        if (tip.empty())
          tip.push_back(pen_.word(chart_.x_step, {place_name(series.x[at])}));
        tip.push_back((series.name.empty() ? chart_.title : series.name) + ": " +
                      (chart_.value_label ? chart_.value_label(series.y[at])
                                          : format_fixed(series.y[at], axis_.decimals + 2, pen_.language())));
        if (pen_.marked(id)) mark(series, at);
      }
      if (tip.empty()) continue;
      tip.insert(tip.end(), chart_.tip.begin(), chart_.tip.end());
      const float step = plot_.w / static_cast<float>(strips);
      pen_.hit({{plot_.x + step * static_cast<float>(i), plot_.y, step, plot_.h}, id, std::move(tip), {}});
    }
  }

  void mark(const Series& series, std::size_t at) {
    const float x = at_x(series.x[at]), r = pen_.px(3.5f);
    const float y = std::clamp(at_y(series.y[at]), plot_.y, plot_.y + plot_.h);
    pen_.line(x, plot_.y, x, plot_.y + plot_.h, pen_.colors().muted);
    pen_.rect({.box = {x - r, y - r, 2 * r, 2 * r}, .fill = series.color, .stroke = pen_.colors().card, .radius = r});
  }

  Pen& pen_;
  const Chart& chart_;
  Box box_, plot_;
  Axis axis_;
  Range y_;
};

}  // namespace

std::vector<double> ticks(double low, double high, int wanted) {
  std::vector<double> all;
  if (!(high > low) || !std::isfinite(high - low)) return all;
  const double rough = (high - low) / std::max(1, wanted), power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * 0.999) {
      step = factor * power;
      break;
    }
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) all.push_back(k * step);
  return all;
}

int decimals_of(double step) {
  return std::clamp(static_cast<int>(std::ceil(-std::log10(std::max(step, 1e-9)) - 1e-9)), 0, 9);
}

float axis_width(const Pen& pen, const Chart& chart, float height) { return Axis(pen, chart, height).width; }

void draw_chart(Pen& pen, const Chart& chart, Box box) { ChartDrawing(pen, chart, box).draw(); }

float draw_legend(Pen& pen, const std::vector<Series>& series, float x, float y, float width) {
  const float stroke = pen.px(20), gap = pen.px(16), line = pen.px(18);
  float at = x;
  for (const Series& one : series) {
    if (one.name.empty()) continue;
    const float wide = stroke + pen.px(6) + pen.width(one.name, Face::text, 12.5f);
    if (at > x && at + wide > x + width) {
      at = x;
      y += line;
    }
    pen.path({.points = {{at, y + pen.px(9)}, {at + stroke, y + pen.px(9)}}, .color = one.color,
              .width = pen.px(one.width), .dashed = one.dashed});
    pen.text(at + stroke + pen.px(6), y + pen.px(13), pen.fit(one.name, width - stroke - pen.px(6), 12.5f),
             pen.colors().muted, 12.5f);
    at += wide + gap;
  }
  return y + line;
}

}  // namespace tb::figure
