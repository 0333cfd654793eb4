// Confidence intervals of shares of yes/no items.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace tb::stats {

struct Interval {
  double low = 0, high = 0;
};

// The share of successes among `count` independent items: Wilson's score interval (1927), without continuity
// correction. Errors: stats.few (count 0), stats.count (successes outside 0..count), stats.confidence.
Result<Interval> wilson(std::int64_t successes, std::int64_t count, double confidence = 0.95);

// Two models, or one model with and without a change, on the same yes/no items. Items on which both are right or both
// are wrong only enter through `count`.
struct PairedCounts {
  std::int64_t only_first = 0;    // right in the first, wrong in the second
  std::int64_t only_second = 0;
  std::int64_t count = 0;         // all items
};
// Errors: stats.few (count 0), stats.count (negative, or more than `count` together).
Result<void> check(const PairedCounts& counts);

// The difference of the two shares, first minus second: Tango's score interval (1998, Statistics in Medicine 17,
// "Equivalence test and confidence interval for the difference in proportions for the paired-sample design").
// Errors: those of check, stats.confidence.
Result<Interval> paired_difference(const PairedCounts& counts, double confidence = 0.95);

// Tango's score statistic for the hypothesis that the difference is `difference` (inside -1..1): standard normal under
// it, positive where the data lie above. At difference 0 it is McNemar's (b - c) / sqrt(b + c). Not defined (nan) at
// difference 0 where no item differs. Preconditions: check(counts) holds.
double paired_score(const PairedCounts& counts, double difference);

// The quantile of the standard normal distribution that leaves (1 - confidence) / 2 on each side.
double normal_bound(double confidence);

}  // namespace tb::stats
