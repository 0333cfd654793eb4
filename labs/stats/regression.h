// Ordinary least squares, to say how much of an outcome one factor explains beyond the others.
#pragma once

#include <span>
#include <vector>

#include "base/error.h"

namespace tb::stats {

using Columns = std::vector<std::vector<double>>;   // one vector for each predictor, as long as y

struct Regression {
  std::vector<double> coefficients;   // the intercept, then one for each predictor
  double residual_squares = 0;        // the sum of squares that stays unexplained
  double r_squared = 0;               // 1 - residual_squares / squares about the mean
};

// y = intercept + sum of coefficient * predictor. Errors: stats.length, stats.few (no more rows than coefficients),
// stats.finite, stats.constant (y: nothing to explain), stats.collinear (a predictor follows from those before it).
Result<Regression> regress(std::span<const double> y, const Columns& predictors);

// The share of what `others` leave unexplained that `tested` explains: 1 - residual(both) / residual(others).
// A factor of several levels is several columns of `tested`. Errors: as above; stats.constant also where the others
// explain everything.
Result<double> partial_r_squared(std::span<const double> y, const Columns& others, const Columns& tested);

}  // namespace tb::stats
