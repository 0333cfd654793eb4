#include "labs/stats/intervals.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <boost/math/distributions/normal.hpp>

#include "labs/stats/check.h"

namespace tb::stats {

namespace {

// Where the falling function is 0 between low and high; it is never asked at the two ends.
template <class Function>
double falling_root(double low, double high, const Function& f) {
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;   // neighbours
    (f(middle) > 0 ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

}  // namespace

double normal_bound(double confidence) {
  return boost::math::quantile(boost::math::complement(boost::math::normal(), (1 - confidence) / 2));
}

Result<Interval> wilson(std::int64_t successes, std::int64_t count, double confidence) {
  if (count < 1) return fail("stats.few", "count", {std::to_string(count), "1"});
  if (successes < 0 || successes > count)
    return fail("stats.count", "successes", {std::to_string(successes), std::to_string(count)});
  if (const auto valid = check_confidence(confidence); !valid) return tl::unexpected(valid.error());

  const auto n = static_cast<double>(count);
  const double p = static_cast<double>(successes) / n;
  const double z = normal_bound(confidence);
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return Interval{successes == 0 ? 0 : std::max(0.0, centre - half),
                  successes == count ? 1 : std::min(1.0, centre + half)};
}

Result<void> check(const PairedCounts& c) {
  if (c.count < 1) return fail("stats.few", "count", {std::to_string(c.count), "1"});
  for (const std::int64_t one : {c.only_first, c.only_second})
    if (one < 0 || one > c.count) return fail("stats.count", "only", {std::to_string(one), std::to_string(c.count)});
  if (c.only_first > c.count - c.only_second)
    return fail("stats.count", "only", {std::to_string(c.only_first) + " + " + std::to_string(c.only_second),
                                        std::to_string(c.count)});
  return {};
}

double paired_score(const PairedCounts& counts, double difference) {
  const auto n = static_cast<double>(counts.count);
  const auto b = static_cast<double>(counts.only_first), c = static_cast<double>(counts.only_second);
  // The likeliest share of "only second" if the difference were the given one: the positive root of a q^2 + h q + k.
  const double a = 2 * n;
  const double h = -b - c + (2 * n - b + c) * difference;
  const double k = -c * difference * (1 - difference);
  const double root = std::sqrt(std::max(0.0, h * h - 4 * a * k));
  const double q = h > 0 ? (k == 0 ? 0 : -2 * k / (root + h)) : (root - h) / (2 * a);   // without cancellation
  return (b - c - n * difference) / std::sqrt(n * (2 * q + difference * (1 - difference)));
}

Result<Interval> paired_difference(const PairedCounts& counts, double confidence) {
  if (const auto valid = check(counts); !valid) return tl::unexpected(valid.error());
  if (const auto valid = check_confidence(confidence); !valid) return tl::unexpected(valid.error());
  // All differences that the data do not reject.
  const double z = normal_bound(confidence);
  const double estimate = static_cast<double>(counts.only_first - counts.only_second) /
                          static_cast<double>(counts.count);
  return Interval{falling_root(-1, estimate, [&](double d) { return paired_score(counts, d) - z; }),
                  falling_root(estimate, 1, [&](double d) { return paired_score(counts, d) + z; })};
}

}  // namespace tb::stats
