// From logits to a token. No torch: a learner's slider needs no forward pass.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace tb {

struct SamplingOptions {
  double temperature = 1;      // 0: greedy, ties to the lower id
  std::int64_t top_k = 0;      // keep the k most probable; 0: off
  double top_p = 1;            // then the fewest whose mass reaches p; 1: off
  double min_p = 0;            // then those with at least min_p times the largest probability; 0: off
};

// The order is temperature, top-k, top-p, min-p, as in transformers' processors; then what is left is renormalised.
struct Distribution {
  std::vector<double> p;            // [vocab] softmax(logits / temperature), unfiltered (temperature 0: one-hot)
  std::vector<double> kept;         // [vocab] after the filters, renormalised; 0 where filtered out
  std::vector<std::int64_t> order;  // ids by falling logit, ties to the lower id
  double max = 0;                   // largest logit / temperature
  double sum = 0;                   // sum of exp(logit / temperature - max)
};
Distribution distribution(std::span<const float> logits, const SamplingOptions& options);

// Inverse transform over `kept` in the order of ids. uniform in [0, 1).
std::int64_t sample(const Distribution& distribution, double uniform);

// log softmax at temperature 1 over the whole vocabulary, in double.
std::vector<double> log_softmax(std::span<const float> logits);

}  // namespace tb
