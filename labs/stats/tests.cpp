#include "labs/stats/tests.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "base/random.h"
#include "labs/stats/check.h"

namespace tb::stats {

namespace {

constexpr std::size_t most_tried = 20;   // 2^20 patterns: some hundredths of a second

// Means that differ by rounding alone are equally far from 0.
constexpr double rounding = 1e-12;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Result<void> check_level(double alpha) {
  if (alpha > 0 && alpha < 0.5) return {};
  return fail("stats.level", "alpha", {std::to_string(alpha)});
}

}  // namespace

Result<McNemar> mcnemar(const PairedCounts& counts) {
  if (const auto valid = check(counts); !valid) return tl::unexpected(valid.error());
  const std::int64_t differing = counts.only_first + counts.only_second;
  const std::int64_t fewer = std::min(counts.only_first, counts.only_second);
  const boost::math::binomial coin(static_cast<double>(differing), 0.5);
  const double as_uneven = boost::math::pdf(coin, static_cast<double>(fewer));
  if (2 * fewer == differing) return McNemar{1, 1 - as_uneven / 2};   // every outcome is at least as uneven
  const double tail = boost::math::cdf(coin, static_cast<double>(fewer));
  return McNemar{std::min(1.0, 2 * tail), std::min(1.0, 2 * tail - as_uneven)};
}

Result<SignFlip> sign_flip(std::span<const double> differences, std::uint64_t seed, std::int64_t sampled) {
  if (const auto valid = check_values(differences, 1, "differences"); !valid) return tl::unexpected(valid.error());
  if (sampled < 1) return fail("stats.resamples", "sampled", {std::to_string(sampled)});
  const std::size_t n = differences.size();
  SignFlip result{.mean = mean_of(differences), .exact = n <= most_tried};

  double size = 0;                       // the largest sum that any pattern can have
  for (const double x : differences) size += std::abs(x);
  const double far = std::abs(std::accumulate(differences.begin(), differences.end(), 0.0)) - rounding * size;

  std::int64_t hits = 0;
  if (result.exact) {
    result.patterns = std::int64_t{1} << n;
    for (std::int64_t pattern = 0; pattern < result.patterns; ++pattern) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += (pattern >> i) & 1 ? -differences[i] : differences[i];
      hits += std::abs(sum) >= far;
    }
    result.p = static_cast<double>(hits) / static_cast<double>(result.patterns);
    return result;
  }
  result.patterns = sampled;
  Random random(seed);
  for (std::int64_t draw = 0; draw < sampled; ++draw) {
    double sum = 0;
    std::uint64_t signs = 0;             // 64 fair coins at a time
    for (std::size_t i = 0; i < n; ++i, signs >>= 1) {
      if (i % 64 == 0) signs = random.next();
      sum += signs & 1 ? -differences[i] : differences[i];
    }
    hits += std::abs(sum) >= far;
  }
  result.p = static_cast<double>(hits + 1) / static_cast<double>(sampled + 1);
  return result;
}

Result<std::vector<double>> holm(std::span<const double> p_values) {
  const std::size_t n = p_values.size();
  if (n == 0) return fail("stats.few", "p_values", {"0", "1"});
  for (std::size_t i = 0; i < n; ++i)
    if (!(p_values[i] >= 0 && p_values[i] <= 1))
      return fail("stats.probability", "p_values[" + std::to_string(i) + "]", {std::to_string(p_values[i])});
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });

  // The smallest counts n-fold, the next n - 1 fold, and so on; none may come out below one before it.
  std::vector<double> adjusted(n);
  double largest = 0;
  for (std::size_t rank = 0; rank < n; ++rank) {
    largest = std::max(largest, static_cast<double>(n - rank) * p_values[order[rank]]);
    adjusted[order[rank]] = std::min(1.0, largest);
  }
  return adjusted;
}

Result<Equivalence> equivalence(std::span<const double> differences, double margin, double alpha) {
  if (const auto valid = check_values(differences, 2, "differences"); !valid) return tl::unexpected(valid.error());
  if (!(margin > 0) || !std::isfinite(margin)) return fail("stats.margin", "margin", {std::to_string(margin)});
  if (const auto valid = check_level(alpha); !valid) return tl::unexpected(valid.error());

  const auto n = static_cast<double>(differences.size());
  const auto [smallest, largest] = std::minmax_element(differences.begin(), differences.end());
  if (*smallest == *largest) return fail("stats.constant", "differences");
  const double mean = mean_of(differences);
  double squares = 0;
  for (const double x : differences) squares += (x - mean) * (x - mean);
  const double error = std::sqrt(squares / (n - 1) / n);   // standard error of the mean
  if (!(error > 0) || !std::isfinite(error)) return fail("stats.constant", "differences");

  const boost::math::students_t student(n - 1);
  using boost::math::complement;
  const double above_lower = boost::math::cdf(complement(student, (mean + margin) / error));
  const double below_upper = boost::math::cdf(student, (mean - margin) / error);
  const double half = boost::math::quantile(complement(student, alpha)) * error;
  return Equivalence{mean, std::max(above_lower, below_upper), {mean - half, mean + half}};
}

Result<Equivalence> equivalence(const PairedCounts& counts, double margin, double alpha) {
  if (!(margin > 0 && margin < 1)) return fail("stats.margin", "margin", {std::to_string(margin)});
  if (const auto valid = check_level(alpha); !valid) return tl::unexpected(valid.error());
  const auto interval = paired_difference(counts, 1 - 2 * alpha);
  if (!interval) return tl::unexpected(interval.error());
  const boost::math::normal normal;
  const double above_lower = boost::math::cdf(boost::math::complement(normal, paired_score(counts, -margin)));
  const double below_upper = boost::math::cdf(normal, paired_score(counts, margin));
  const double estimate = static_cast<double>(counts.only_first - counts.only_second) /
                          static_cast<double>(counts.count);
  return Equivalence{estimate, std::max(above_lower, below_upper), *interval};
}

}  // namespace tb::stats
