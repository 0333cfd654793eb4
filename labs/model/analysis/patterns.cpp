#include "labs/model/analysis/patterns.h"

#include <cmath>
#include <set>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "base/random.h"
#include "labs/model/analysis/question.h"
#include "labs/model/config.h"

namespace tb {

namespace {

// [query, key] of 0 and 1 -> [head]: the weight on the edges marked 1, as a mean over the queries that have one.
at::Tensor mean_weight(const at::Tensor& pattern, const at::Tensor& marked) {
  const at::Tensor queries = marked.amax(-1).sum().clamp_min(1);
  return (pattern * marked).flatten(1).sum(1) / queries;
}

}  // namespace

at::Tensor pattern_entropy(const at::Tensor& pattern) {
  const at::Tensor p = pattern.to(at::kDouble);
  return -at::xlogy(p, p).sum(-1) / std::log(2.0);
}

at::Tensor attention_rollout(const at::Tensor& patterns) {
  const at::Tensor same = at::eye(patterns.size(-1), at::kDouble);
  const at::Tensor mixed = (patterns.to(at::kDouble).mean(1) + same) / 2;                // [layer, query, key]
  std::vector<at::Tensor> rolled;
  for (std::int64_t layer = 0; layer < mixed.size(0); ++layer)
    rolled.push_back(layer == 0 ? mixed[0] : mixed[layer].mm(rolled.back()));
  return at::stack(rolled);
}

HeadScores head_scores(const at::Tensor& pattern, std::span<const std::int64_t> ids) {
  const auto n = static_cast<std::int64_t>(ids.size());
  std::vector<double> previous(n * n), induction(n * n), duplicate(n * n), sink(n * n);
  // [marks]
  for (std::int64_t query = 1; query < n; ++query) {
    previous[query * n + query - 1] = sink[query * n] = 1;
    for (std::int64_t key = 0; key < query; ++key) {
      if (ids[key] != ids[query]) continue;
      duplicate[query * n + key] = 1;
      if (key + 1 < query) induction[query * n + key + 1] = 1;
    }
  }
  // [/marks]
  const at::Tensor weights = pattern.to(at::kDouble);
  const auto score = [&](std::vector<double>& marks) {
    return mean_weight(weights, at::from_blob(marks.data(), {n, n}, at::kDouble));
  };
  return {score(previous), score(induction), score(duplicate), score(sink)};
}

Result<HeadScores> head_scores(const Config& config, const Context& context) {
  const c10::NoGradGuard no_gradients;
  std::vector<at::Tensor> previous, induction, duplicate, sink;
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    const auto pattern = captured(context, block_point(layer, "attn.pattern"));
    if (!pattern) return tl::unexpected(pattern.error());
    const HeadScores scores = head_scores(*pattern, context.ids());
    previous.push_back(scores.previous);
    induction.push_back(scores.induction);
    duplicate.push_back(scores.duplicate);
    sink.push_back(scores.sink);
  }
  return HeadScores{at::stack(previous), at::stack(induction), at::stack(duplicate), at::stack(sink)};
}

Result<std::vector<std::int64_t>> repeated_random_tokens(std::int64_t length, std::int64_t vocabulary,
                                                         std::uint64_t seed) {
  if (length < 1 || length > vocabulary)
    return fail("analysis.length", "length", {std::to_string(length), std::to_string(vocabulary)});
  Random random(seed);
  std::vector<std::int64_t> ids;
  std::set<std::int64_t> taken;
  while (static_cast<std::int64_t>(ids.size()) < length)
    if (const std::int64_t id = random.below(vocabulary); taken.insert(id).second) ids.push_back(id);
  ids.reserve(2 * ids.size());
  ids.insert(ids.end(), ids.begin(), ids.begin() + length);
  return ids;
}

}  // namespace tb
