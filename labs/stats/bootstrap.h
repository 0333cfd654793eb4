// How far a number would move with other data: draw the clusters again, with replacement, and compute it anew
// (Efron 1979). A cluster is what was drawn independently: a chain, a template, a document. Its variants are not
// independent of each other, so they come and go together.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/error.h"
#include "labs/stats/intervals.h"

namespace tb::stats {

struct BootstrapOptions {
  std::int64_t resamples = 5000;
  double confidence = 0.95;
  std::uint64_t seed = 1;
  // false: between percentiles of the resampled values. true: percentiles corrected for bias and for a spread that
  // changes with the value (BCa, Efron 1987); costs one more evaluation a cluster.
  bool bca = false;
};

struct Bootstrap {
  double estimate = 0;          // of the data themselves
  double standard_error = 0;    // standard deviation of the resampled values
  Interval interval;
};

// The number of interest, computed from the clusters given; a cluster that was drawn twice stands there twice.
using ClusterStatistic = std::function<double(std::span<const std::int64_t> clusters)>;

// Clusters are numbered 0, 1, ..., clusters - 1. Percentiles are interpolated linearly between order statistics.
// Errors: stats.few (fewer than 2 clusters), stats.resamples (fewer than 2), stats.confidence, stats.undefined (the
// statistic is no finite number on a resample), stats.constant and stats.bca (BCa is not defined: leaving a cluster out
// changes nothing, or no resampled value lies on one side of the estimate).
Result<Bootstrap> bootstrap(std::int64_t clusters, const ClusterStatistic& statistic,
                            const BootstrapOptions& options = {});

// The mean of `values`, where cluster[i] says which cluster value i belongs to (any whole numbers). Clusters may differ
// in size: the mean is over all values drawn. Errors: as above, stats.length, stats.finite.
Result<Bootstrap> bootstrap_mean(std::span<const double> values, std::span<const std::int64_t> cluster,
                                 const BootstrapOptions& options = {});

}  // namespace tb::stats
