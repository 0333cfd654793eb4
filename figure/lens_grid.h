// The lens as a grid of steps and positions: its figure where the snapshot has the grid's columns.
#pragma once

#include "figure/figure.h"

namespace tb::figure {

Figure draw_lens_grid(const Snapshot& snapshot, const Look& look);

}  // namespace tb::figure
