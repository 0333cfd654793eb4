// What the figures of training labs have in common.
#pragma once

#include "figure/chart.h"

namespace tb::figure {

// Up to two charts in a row, rows below each other, all with the same x axis: how many steps. Charts above each other
// align. Returns the y below.
float draw_charts(Pen& pen, std::vector<Chart> charts, float y, float width);

// "Step 120 of 700" at the right, on a line with text that ends at x where there is room; below it what keeps the run
// from being saved, if anything does. Returns the y below.
float draw_progress(Pen& pen, const Snapshot& snapshot, const Look& look, float x, float y);
// "50%", of a probability, for the ticks of an axis.
std::string whole_percent(double p, std::string_view language);

// training.<column> over the steps done.
Series training_series(const Snapshot& snapshot, const std::string& column, Color color);
// A column of [probe] over the steps after which was measured.
Series probe_series(const Snapshot& snapshot, const std::string& column, Color color);
// The steps wanted.
double steps_of(const Snapshot& snapshot);

}  // namespace tb::figure
