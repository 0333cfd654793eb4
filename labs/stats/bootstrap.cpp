#include "labs/stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <boost/math/distributions/normal.hpp>

#include "base/random.h"
#include "labs/stats/check.h"

namespace tb::stats {

namespace {

// share in 0..1; sorted is not empty.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= sorted.size()) return sorted.back();
  return std::lerp(sorted[below], sorted[below + 1], place - static_cast<double>(below));
}

// Which percentiles BCa takes, instead of the two that leave `tail` on each side.
Result<Interval> corrected_shares(std::int64_t clusters, const ClusterStatistic& statistic, double estimate,
                                  const std::vector<double>& sorted, double tail) {
  // Acceleration: the skewness of the estimates with one cluster left out.
  std::vector<double> left_out;
  for (std::int64_t out = 0; out < clusters; ++out) {
    std::vector<std::int64_t> rest;
    for (std::int64_t i = 0; i < clusters; ++i)
      if (i != out) rest.push_back(i);
    left_out.push_back(statistic(rest));
    if (!std::isfinite(left_out.back())) return fail("stats.undefined", "statistic");
  }
  const double mean = std::accumulate(left_out.begin(), left_out.end(), 0.0) / static_cast<double>(clusters);
  double squares = 0, cubes = 0;
  for (const double x : left_out) {
    squares += (mean - x) * (mean - x);
    cubes += (mean - x) * (mean - x) * (mean - x);
  }
  const auto [smallest, largest] = std::minmax_element(left_out.begin(), left_out.end());
  if (*smallest == *largest || squares == 0) return fail("stats.constant", "statistic");
  const double acceleration = cubes / (6 * std::pow(squares, 1.5));

  // Bias: how far the estimate is from the median of the resampled values; equal ones count half.
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), estimate);
  const double below = (static_cast<double>(first - sorted.begin()) + static_cast<double>(last - sorted.begin())) /
                       (2 * static_cast<double>(sorted.size()));
  if (below <= 0 || below >= 1) return fail("stats.bca", "statistic");
  const boost::math::normal normal;
  const double bias = boost::math::quantile(normal, below);
  const auto shifted = [&](double share) {
    const double z = bias + boost::math::quantile(normal, share);
    return boost::math::cdf(normal, bias + z / (1 - acceleration * z));
  };
  return Interval{shifted(tail), shifted(1 - tail)};
}

}  // namespace

Result<Bootstrap> bootstrap(std::int64_t clusters, const ClusterStatistic& statistic,
                            const BootstrapOptions& options) {
  if (clusters < 2) return fail("stats.few", "clusters", {std::to_string(clusters), "2"});
  if (options.resamples < 2) return fail("stats.resamples", "resamples", {std::to_string(options.resamples)});
  if (const auto valid = check_confidence(options.confidence); !valid) return tl::unexpected(valid.error());

  std::vector<std::int64_t> drawn(static_cast<std::size_t>(clusters));
  std::iota(drawn.begin(), drawn.end(), std::int64_t{0});
  Bootstrap result;
  result.estimate = statistic(drawn);
  if (!std::isfinite(result.estimate)) return fail("stats.undefined", "statistic");

  Random random(options.seed);
  std::vector<double> values;
  for (std::int64_t i = 0; i < options.resamples; ++i) {
    for (std::int64_t& cluster : drawn) cluster = random.below(clusters);
    values.push_back(statistic(drawn));
    if (!std::isfinite(values.back())) return fail("stats.undefined", "statistic");
  }

  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double x : values) squares += (x - mean) * (x - mean);
  result.standard_error = std::sqrt(squares / (n - 1));

  std::sort(values.begin(), values.end());
  const double tail = (1 - options.confidence) / 2;
  Interval shares{tail, 1 - tail};
  if (options.bca) {
    const auto corrected = corrected_shares(clusters, statistic, result.estimate, values, tail);
    if (!corrected) return tl::unexpected(corrected.error());
    shares = *corrected;
  }
  result.interval = {percentile(values, shares.low), percentile(values, shares.high)};
  return result;
}

Result<Bootstrap> bootstrap_mean(std::span<const double> values, std::span<const std::int64_t> cluster,
                                 const BootstrapOptions& options) {
  if (const auto valid = check_values(values, 2, "values"); !valid) return tl::unexpected(valid.error());
  if (const auto valid = check_lengths(values.size(), cluster.size(), "cluster"); !valid)
    return tl::unexpected(valid.error());
  // Of each cluster its sum and its size are all that the mean needs.
  std::map<std::int64_t, std::size_t> index;
  std::vector<double> sums, sizes;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto [at, is_new] = index.try_emplace(cluster[i], sums.size());
    if (is_new) {
      sums.push_back(0);
      sizes.push_back(0);
    }
    sums[at->second] += values[i];
    sizes[at->second] += 1;
  }
  const auto mean = [&](std::span<const std::int64_t> drawn) {
    double sum = 0, size = 0;
    for (const std::int64_t c : drawn) {
      sum += sums[static_cast<std::size_t>(c)];
      size += sizes[static_cast<std::size_t>(c)];
    }
    return sum / size;
  };
  return bootstrap(static_cast<std::int64_t>(sums.size()), mean, options);
}

}  // namespace tb::stats
