#include "labs/model/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tb {

namespace {

// Divides by the sum. The sum is positive: the most probable token is never filtered out.
void renormalise(std::vector<double>& p) {
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& x : p) x /= sum;
}

// Keeps the k largest, and whatever ties with the k-th.
void keep_top_k(std::vector<double>& p, const std::vector<std::int64_t>& order, std::int64_t k) {
  if (k <= 0 || k >= static_cast<std::int64_t>(p.size())) return;
  const double threshold = p[order[k - 1]];
  for (double& x : p) {
    if (x < threshold) x = 0;
  }
  renormalise(p);
}

// Keeps the fewest tokens, from the most probable on, whose mass reaches top_p.
void keep_top_p(std::vector<double>& p, const std::vector<std::int64_t>& order, double top_p) {
  if (top_p >= 1) return;
  double mass = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    double& x = p[order[rank]];
    if (rank > 0 && mass >= top_p) {
      x = 0;
    } else {
      mass += x;
    }
  }
  renormalise(p);
}

// Keeps the tokens that have at least min_p times the largest probability.
void keep_min_p(std::vector<double>& p, const std::vector<std::int64_t>& order, double min_p) {
  if (min_p <= 0) return;
  const double threshold = std::min(min_p, 1.0) * p[order[0]];
  for (double& x : p) {
    if (x < threshold) x = 0;
  }
  renormalise(p);
}

}  // namespace

Distribution distribution(std::span<const float> logits, const SamplingOptions& options) {
  Distribution result;
  const std::size_t vocabulary = logits.size();
  if (vocabulary == 0) return result;

  result.order.resize(vocabulary);
  std::iota(result.order.begin(), result.order.end(), std::int64_t{0});
  std::sort(result.order.begin(), result.order.end(), [&](std::int64_t a, std::int64_t b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  });
  result.p.assign(vocabulary, 0.0);
  const double largest = logits[result.order[0]];

  if (options.temperature <= 0) {
    result.p[result.order[0]] = 1;
    result.kept = result.p;
    result.max = largest;
    result.sum = 1;
    return result;
  }

  // [softmax]
  // Divide the logits by the temperature, and subtract the largest so that no exponential overflows.
  result.max = largest / options.temperature;
  for (std::size_t id = 0; id < vocabulary; ++id) {
    result.p[id] = std::exp(logits[id] / options.temperature - result.max);
    result.sum += result.p[id];
  }
  // Divide by the sum: what comes out adds up to 1.
  for (double& x : result.p) x /= result.sum;
  // [/softmax]

  // [filters]
  result.kept = result.p;
  keep_top_k(result.kept, result.order, options.top_k);
  keep_top_p(result.kept, result.order, options.top_p);
  keep_min_p(result.kept, result.order, options.min_p);
  // [/filters]
  return result;
}

std::int64_t sample(const Distribution& distribution, double uniform) {
  // [sample]
  // Lay the probabilities end to end on [0, 1) and take the token that the uniform number falls on.
  double upper = 0;
  std::int64_t last = 0;
  for (std::size_t id = 0; id < distribution.kept.size(); ++id) {
    if (distribution.kept[id] == 0) continue;
    last = static_cast<std::int64_t>(id);
    upper += distribution.kept[id];
    if (uniform < upper) return last;
  }
  return last;   // rounding left the sum a hair under 1
  // [/sample]
}

std::vector<double> log_softmax(std::span<const float> logits) {
  double largest = -std::numeric_limits<double>::infinity();
  for (float x : logits) largest = std::max<double>(largest, x);
  double sum = 0;
  for (float x : logits) sum += std::exp(x - largest);
  const double log_sum = largest + std::log(sum);
  std::vector<double> result(logits.size());
  for (std::size_t id = 0; id < logits.size(); ++id) result[id] = logits[id] - log_sum;
  return result;
}

}  // namespace tb
