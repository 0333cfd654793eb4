// From logits to a token. No torch: a learner's slider needs no forward pass.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace tb {

// In the order in which they act, which is that of transformers' processors.
struct SamplingOptions {
  std::map<std::int64_t, double> logit_bias;   // id -> what is added to its logit; -infinity forbids the token
  double repetition_penalty = 1;   // above 0; logits of tokens in the text: above 0 divided by it, else multiplied
  double temperature = 1;          // then all logits are divided by it; 0: greedy, ties to the lower id
  std::int64_t top_k = 0;          // keep the k most probable; 0: off
  double top_p = 1;                // then the fewest whose mass reaches p; 1: off
  double min_p = 0;                // then those with at least min_p times the largest probability; 0: off
};

// The logits [vocab] after bias and penalty, where `ids` is the text so far (Keskar et al. 2019, CTRL: a token that
// occurs, however often, is penalised once). What is no number counts as -infinity, and infinities become +-1e300.
// Ids outside the vocabulary change nothing.
std::vector<double> adjusted_logits(std::span<const float> logits, std::span<const std::int64_t> ids,
                                    const SamplingOptions& options);

// All of it: bias, penalty, softmax at the temperature; then the filters, and what is left is renormalised.
struct Distribution {
  std::vector<double> p;            // [vocab] softmax(logits / temperature), unfiltered (temperature 0: one-hot)
  std::vector<double> kept;         // [vocab] after the filters, renormalised; 0 where filtered out
  std::vector<std::int64_t> order;  // ids by falling logit, ties to the lower id
  double max = 0;                   // largest logit / temperature
  double sum = 0;                   // sum of exp(logit / temperature - max)
};
Distribution distribution(std::span<const float> logits, const SamplingOptions& options,
                          std::span<const std::int64_t> ids = {});

// Inverse transform over `kept`, most probable first: the token is the first whose running sum exceeds `uniform`, as a
// table of the distribution shows it. uniform in [0, 1).
// The same logits and seed give the same token on any machine. That rests on doubles as IEEE 754 has them, on sums in
// the order written, and on the C library's exp; where two of those differ in the last bit, a boundary between tokens
// moves by some 1e-16, which one uniform number in 1e12 or so would notice.
std::int64_t sample(const Distribution& distribution, double uniform);

// "12=5.5,7=-inf" -> {{7, -inf}, {12, 5.5}}; empty text: none. Errors: sampling.bias (at `where`).
Result<std::map<std::int64_t, double>> parse_logit_bias(std::string_view text, std::string_view where);

// log softmax at temperature 1 over the whole vocabulary, in double.
std::vector<double> log_softmax(std::span<const float> logits);

}  // namespace tb
