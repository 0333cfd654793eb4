// Tests of hypotheses about paired measurements. All p-values are two-sided unless said otherwise.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "labs/stats/intervals.h"

namespace tb::stats {

// McNemar's test (1947) of equal shares, from the items that differ: under the hypothesis each falls to either side
// with probability 1/2. With X the smaller number of b + c binomial trials:
//   exact   P(at least as uneven as seen)
//   mid     the same, counting only half of what is exactly as uneven (Fagerland, Lydersen and Laake 2013, BMC Medical
//           Research Methodology 13:91): the exact one is conservative, this one hardly ever exceeds its level
// No item that differs: exact 1, mid 1/2 as the formula says.
// Errors: those of check(counts).
struct McNemar {
  double exact = 1, mid = 1;
};
Result<McNemar> mcnemar(const PairedCounts& counts);

// Is the mean of paired differences zero? Under the hypothesis each could as well have the other sign (Fisher 1935), so
// p is the share of sign patterns whose mean is at least as far from 0. Up to 20 differences all patterns are tried;
// above, `sampled` random ones, with p = (hits + 1) / (sampled + 1) (Phipson and Smyth 2010).
// With 5 differences p is never below 1/16: use six seeds or more.
// Errors: stats.few (none), stats.finite, stats.resamples (sampled < 1).
struct SignFlip {
  double mean = 0, p = 1;
  bool exact = true;
  std::int64_t patterns = 0;
};
Result<SignFlip> sign_flip(std::span<const double> differences, std::uint64_t seed = 1, std::int64_t sampled = 100000);

// Holm's step-down correction (1979) for several tests at once: adjusted p-values in the order given, each to be held
// against the level wanted for the whole family. Errors: stats.few (none), stats.probability (outside 0..1).
Result<std::vector<double>> holm(std::span<const double> p_values);

// "No difference" as a finding: two one-sided tests (Schuirmann 1987) that the true difference lies inside
// -margin..margin. Equivalent at the level alpha where p < alpha; that is, where `interval`, with confidence
// 1 - 2 alpha, lies inside the margins.
struct Equivalence {
  double difference = 0;    // the estimate
  double p = 1;             // the larger of the two one-sided ones
  Interval interval;
};
// The mean of paired differences, by Student's t.
// Errors: stats.few (fewer than 2), stats.finite, stats.margin (not positive), stats.level (alpha outside 0..0.5),
// stats.constant (all equal: their spread is not known).
Result<Equivalence> equivalence(std::span<const double> differences, double margin, double alpha = 0.05);
// The difference of paired shares, by Tango's score statistic (see intervals.h).
// Errors: those of check(counts), stats.margin (outside 0..1), stats.level.
Result<Equivalence> equivalence(const PairedCounts& counts, double margin, double alpha = 0.05);

}  // namespace tb::stats
