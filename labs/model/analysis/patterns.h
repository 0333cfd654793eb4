// What can be said of attention patterns alone. A pattern is [head, query, key]: each row sums to 1 over the keys up to
// the query. All results are double, on the CPU.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/model/context.h"

namespace tb {

struct Config;

// [..., key] -> [...]: the entropy of each row in bits. A row that looks at one key has 0, one that looks equally at n
// keys log2 n.
at::Tensor pattern_entropy(const at::Tensor& pattern);

// Attention rollout (Abnar and Zuidema 2020, "Quantifying attention flow in transformers"): how much of each token is
// in each row after every layer, if layers only mixed rows and the residual stream counted as much as attention.
// patterns [layer, head, query, key] -> [layer, query, token]: R_l = (mean over heads of A_l + I) / 2 * R_{l-1}.
at::Tensor attention_rollout(const at::Tensor& patterns);

// How much of what a head looks at is of one kind, 0 to 1: the mean over the queries that could look so.
//   previous    the token before (Olsson et al. 2022, "In-context learning and induction heads")
//   induction   tokens that stood behind an earlier occurrence of the query's token (same place)
//   duplicate   earlier occurrences of the query's token (Wang et al. 2022, "Interpretability in the wild")
//   sink        the first token, from any later one (Xiao et al. 2023, "Efficient streaming language models with
//               attention sinks")
// 0 where no query could: a text without repetition says nothing of induction.
struct HeadScores {
  at::Tensor previous, induction, duplicate, sink;   // [head], or [layer, head]
};
// pattern [head, query, key] of the tokens `ids`.
HeadScores head_scores(const at::Tensor& pattern, std::span<const std::int64_t> ids);
// All layers of a run that captured "blocks.*.attn.pattern". Errors: analysis.point.
Result<HeadScores> head_scores(const Config& config, const Context& context);

// `length` different tokens out of 0 .. vocabulary - 1 in random order, and the same once more: on a text in which
// nothing can be guessed but by looking back, induction shows clean. Errors: analysis.length.
Result<std::vector<std::int64_t>> repeated_random_tokens(std::int64_t length, std::int64_t vocabulary,
                                                         std::uint64_t seed);

}  // namespace tb
