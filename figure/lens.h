// What the figures of the logit lens share: the table, the grid and the difference of two.
#pragma once

#include "figure/kit.h"

namespace tb::figure {

// The name of a step: the embedding alone is step 0, step i is the stream after block i.
std::string lens_step(const Look& look, std::size_t step);

// The prompt's tokens with the one that is looked at, and what must be said before the table. Returns the y below.
float draw_lens_head(Pen& pen, const Look& look, const Snapshot& snapshot, const std::vector<TokenView>& tokens,
                     std::size_t query);

// The lens as a grid of steps and positions, where the snapshot has the columns grid.*.
Figure draw_lens_grid(const Snapshot& snapshot, const Look& look);

}  // namespace tb::figure
