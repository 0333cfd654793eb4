// Two runs of one lab in a picture: which runs they are, both figures, their difference.
#pragma once

#include "figure/kit.h"

namespace tb::figure {

// What of a comparison is shown; `all`: A, B and the difference.
enum class Shown { a, b, difference, beside, all };

// The picture of a comparison; A stands beside B where the width has room for two figures, else above. Where there is
// no difference the picture says why. `difference`: of labs/compare.h.
Figure draw_comparison(const Snapshot& a, const Snapshot& b, const Result<Snapshot>& difference, Shown shown,
                       const Look& look);

// From this width on, in pixels at a text size of 15, two figures stand beside each other.
inline constexpr float two_abreast = 800;

// The figure of a difference: `look.between` says of what. Its head names the runs and the inputs in which they differ.
Figure draw_difference(const Snapshot& difference, const Look& look);

// The sign of a run: its letter on the colour of A, or in a dashed frame of the colour of B. `x`, `y`: upper left.
constexpr float sign_side = 18;
void draw_run_sign(Pen& pen, bool of_b, float x, float y);

// "+76.4 pp": a difference of probabilities in percentage points; without a sign where nothing of it is left to show.
std::string points(const Pen& pen, double difference);

// Differences whose figures are others than those of a single run.
Figure draw_next_token_difference(const Snapshot& difference, const Look& look);
Figure draw_lens_difference(const Snapshot& difference, const Look& look);
Figure draw_training_difference(const Snapshot& difference, const Look& look);

}  // namespace tb::figure
