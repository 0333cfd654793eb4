// Charts: what is drawn stands where the numbers say.
#include "figure/chart.h"

#include <cmath>
#include <limits>

#include "tests/catch.h"
#include "tests/figure/training_snapshots.h"

using namespace tb;
using namespace tb::figure;
using namespace tb::test;

namespace {

const Strings& english() {
  static const Strings strings = Strings::load("assets/strings", "en").value();
  return strings;
}

Look look_of(float width = 560) {
  return {.colors = palette(Theme::light), .strings = english(), .measure = freetype_measure(), .width = width,
          .hovered = "", .selected = ""};
}

Figure drawn(const Chart& chart) {
  Figure figure;
  const Look look = look_of();
  Pen pen(figure, look);
  draw_chart(pen, chart, {0, 0, 300, 150});
  return figure;
}

std::vector<PathShape> paths(const Figure& figure) {
  std::vector<PathShape> all;
  for (const Shape& shape : figure.shapes)
    if (const auto* path = std::get_if<PathShape>(&shape)) all.push_back(*path);
  return all;
}

}  // namespace

TEST_CASE("ticks are round numbers within the range, about as many as wanted", "[chart]") {
  CHECK(ticks(0, 1, 2) == std::vector<double>{0, 0.5, 1});
  CHECK(ticks(0, 500, 4) == std::vector<double>{0, 200, 400});
  CHECK(ticks(1, 1, 4).empty());
  CHECK(ticks(0, std::numeric_limits<double>::infinity(), 4).empty());
  for (const double high : {1e-6, 0.37, 3.0, 19.0, 123456.0}) {
    for (const double low : {0.0, -high / 3}) {
      const std::vector<double> all = ticks(low, high, 4);
      CAPTURE(low, high);
      REQUIRE(all.size() >= 2);
      CHECK(all.size() <= 7);
      CHECK(all.front() >= low - 1e-9 * high);
      CHECK(all.back() <= high * (1 + 1e-9));
      const double step = all[1] - all[0], power = std::pow(10, std::floor(std::log10(step) + 1e-9));
      const double factor = step / power;
      CHECK((std::abs(factor - 1) < 1e-6 || std::abs(factor - 2) < 1e-6 || std::abs(factor - 5) < 1e-6));
    }
  }
  CHECK(decimals_of(0.5) == 1);
  CHECK(decimals_of(0.02) == 2);
  CHECK(decimals_of(1) == 0);
  CHECK(decimals_of(200) == 0);
}

TEST_CASE("a curve goes through its numbers, and stops where there are none", "[chart]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Chart chart{.id = "c", .title = "title", .series = {{.name = "s", .x = {0, 10, 20}, .y = {0, 0.5, 1}}}, .levels = {},
              .x_end = 40, .low = 0, .high = 1};
  const auto whole = paths(drawn(chart));
  REQUIRE(whole.size() == 1);
  const auto& p = whole[0].points;
  REQUIRE(p.size() == 3);
  CHECK(p[1].x == Approx((p[0].x + p[2].x) / 2));
  CHECK(p[1].y == Approx((p[0].y + p[2].y) / 2));
  CHECK(p[2].y < p[0].y);                       // upwards
  CHECK(p[2].x - p[0].x < 150);                 // half of the axis
  chart.series[0] = {.name = "s", .x = {0, 1, 2, 3, 4}, .y = {1, 0.5, nan, 0.5, 1}};
  CHECK(paths(drawn(chart)).size() == 2);
  chart.series[0].y = {nan, nan, nan, nan, nan};
  CHECK(paths(drawn(chart)).empty());
  CHECK(drawn(chart).hits.empty());

  // Without bounds all numbers have room, and at least the span is shown.
  chart = {.id = "c", .title = "title", .series = {{.name = "", .x = {0, 1}, .y = {3.70, 3.71}}}, .levels = {},
           .x_end = 1, .span = 1};
  const auto flat = paths(drawn(chart));
  CHECK(std::abs(flat[0].points[0].y - flat[0].points[1].y) < 2);
  // What is pointed at tells the number.
  const Figure figure = drawn(chart);
  REQUIRE_FALSE(figure.hits.empty());
  CHECK(figure.hits.back().tip.at(1).find("3.71") != std::string::npos);
}

TEST_CASE("the alternative text of a training run has its numbers, and what cannot be saved is said", "[chart]") {
  const Figure lora = draw(lora_snapshot(60, 60, 10), look_of());
  CHECK(lora.alt.find("·movement") != std::string::npos);
  CHECK(lora.alt.find("37.5%") != std::string::npos);   // 1 - 1 / 1.6
  CHECK(lora.alt.find("3.75") != std::string::npos);
  CHECK(lora.alt.find("3.81") != std::string::npos);
  const Figure scratch = draw(from_scratch_snapshot(500, 100, 2, 4, 32), look_of());
  CHECK(scratch.alt.find("4.60") != std::string::npos);
  CHECK(scratch.alt.find("2.50") != std::string::npos);
  std::string all;
  for (const Shape& shape : draw(lora_snapshot(300, 123, 30, true), look_of()).shapes)
    if (const auto* text = std::get_if<TextShape>(&shape)) all += text->text + " ";
  CHECK(all.find("No space left on device") != std::string::npos);
}
