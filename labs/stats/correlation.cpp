#include "labs/stats/correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>

#include "labs/stats/check.h"

namespace tb::stats {

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    // Places first + 1 to last, shared.
    for (std::size_t i = first; i < last; ++i) result[order[i]] = static_cast<double>(first + 1 + last) / 2;
  }
  return result;
}

Result<Correlation> spearman(std::span<const double> x, std::span<const double> y) {
  if (const auto valid = check_lengths(x.size(), y.size(), "y"); !valid) return tl::unexpected(valid.error());
  if (const auto valid = check_values(x, 3, "x"); !valid) return tl::unexpected(valid.error());
  if (const auto valid = check_values(y, 3, "y"); !valid) return tl::unexpected(valid.error());

  const std::vector<double> a = ranks(x), b = ranks(y);
  const auto n = static_cast<double>(a.size());
  const double mean = (n + 1) / 2;                       // of any ranks
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean) * (a[i] - mean);
    bb += (b[i] - mean) * (b[i] - mean);
    ab += (a[i] - mean) * (b[i] - mean);
  }
  if (aa == 0) return fail("stats.constant", "x");
  if (bb == 0) return fail("stats.constant", "y");
  const double rho = std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0);
  if (std::abs(rho) == 1) return Correlation{rho, 0};    // t is infinite
  const double t = std::abs(rho) * std::sqrt((n - 2) / ((1 - rho) * (1 + rho)));
  const boost::math::students_t student(n - 2);
  return Correlation{rho, 2 * boost::math::cdf(boost::math::complement(student, t))};
}

}  // namespace tb::stats
