// Line charts: curves over a shared x axis, levels to compare them with, ticks at round numbers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "figure/kit.h"

namespace tb::figure {

struct Series {
  std::string name;                      // in the legend, and in the tips
  std::vector<double> x, y;              // of one length; what is no finite number leaves a gap
  Color color;
  bool dashed = false;
  float width = 1.6f;
};

// A horizontal line with a name: what a guess costs, what was there before.
struct Level { std::string name; double y = 0; };

struct Chart {
  std::string id;                        // of its hits: "loss/12"
  std::string title;                     // what the y axis shows, with its unit
  std::vector<Series> series;
  std::vector<Level> levels;
  double x_end = 1;                      // the x axis goes from 0 to here
  std::string x_step = "figure.chart.step";   // how tips name a place on it
  std::string x_title;                   // below the axis; "": only ticks
  double low = 0, high = 0;              // of the y axis; equal: as the data need
  bool from_zero = false;                // ... from 0 on, however far that is
  double span = 0;                       // at least so much of it is shown, so that small changes look small
  // How y values are written at the ticks and in the tips; empty: numbers with as many digits as the ticks need, and
  // two more in the tips.
  std::function<std::string(double)> tick_label, value_label;
  std::vector<std::string> tip;          // lines that end each tip, such as the columns shown
  float axis = 0;                        // at least so wide are the labels of the y axis: charts above each other align
};

// The width of the y axis' labels.
float axis_width(const Pen& pen, const Chart& chart, float height);

// Draws it into the box, title and axis labels included.
void draw_chart(Pen& pen, const Chart& chart, Box box);
// Names and strokes of the series that have a name, left to right and in rows; returns the y below.
float draw_legend(Pen& pen, const std::vector<Series>& series, float x, float y, float width);

// Round numbers from `low` to `high`, about `wanted` of them.
std::vector<double> ticks(double low, double high, int wanted);
// How many decimals tell neighbouring ticks apart.
int decimals_of(double step);

}  // namespace tb::figure
