// Do two rankings agree?
#pragma once

#include <span>
#include <vector>

#include "base/error.h"

namespace tb::stats {

// 1 for the smallest; equal values share the mean of their places.
std::vector<double> ranks(std::span<const double> values);

// Spearman's rank correlation (1904): Pearson's correlation of the ranks. p is two-sided, by Student's t with n - 2
// degrees of freedom; an approximation below some ten pairs (there, permute).
struct Correlation {
  double rho = 0, p = 1;
};
// Errors: stats.length, stats.few (fewer than 3 pairs), stats.finite, stats.constant (all values of one side equal).
Result<Correlation> spearman(std::span<const double> x, std::span<const double> y);

}  // namespace tb::stats
