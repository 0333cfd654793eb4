#include "labs/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

#include "labs/model/context.h"
#include "labs/model/lora.h"
#include "labs/model/model.h"
#include "labs/model/sampling.h"

namespace tb {

namespace {

Result<void> check(const GenerateRequest& r, std::int64_t vocabulary) {
  const auto refuse = [](const char* key, double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return fail("generate.range", key, {key, text});
  };
  if (r.max_tokens < 0) return refuse("max-tokens", static_cast<double>(r.max_tokens));
  if (!(r.temperature >= 0) || !std::isfinite(r.temperature)) return refuse("temperature", r.temperature);
  if (r.top_k < 0) return refuse("top-k", static_cast<double>(r.top_k));
  if (!(r.top_p > 0 && r.top_p <= 1)) return refuse("top-p", r.top_p);
  if (!(r.min_p >= 0 && r.min_p <= 1)) return refuse("min-p", r.min_p);
  if (!(r.repetition_penalty > 0) || !std::isfinite(r.repetition_penalty))
    return refuse("repetition-penalty", r.repetition_penalty);
  for (const auto& [id, bias] : r.logit_bias) {
    if (id < 0 || id >= vocabulary)
      return fail("run.id", "logit-bias", {std::to_string(id), std::to_string(vocabulary - 1)});
    if (std::isnan(bias) || bias == INFINITY) return refuse("logit-bias", bias);
  }
  if (r.top < 0) return refuse("top", static_cast<double>(r.top));
  return {};
}

// The `count` tokens with the largest logits, ties to the lower id. What is no number counts as the least.
std::vector<Alternative> alternatives(const Tokenizer& tokenizer, std::span<const float> logits,
                                      const std::vector<double>& logprobs, std::int64_t count) {
  if (count == 0) return {};
  std::vector<std::int64_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  const auto end = ids.begin() + std::min<std::int64_t>(count, static_cast<std::int64_t>(ids.size()));
  const auto rank = [&](std::int64_t id) { return std::isnan(logits[id]) ? -INFINITY : logits[id]; };
  std::partial_sort(ids.begin(), end, ids.end(), [&](std::int64_t a, std::int64_t b) {
    return rank(a) > rank(b) || (rank(a) == rank(b) && a < b);
  });
  std::vector<Alternative> result;
  for (auto id = ids.begin(); id != end; ++id)
    result.push_back({*id, std::string(tokenizer.bytes(*id)), logits[*id], logprobs[*id]});
  return result;
}

}  // namespace

Result<Generated> write_on(Model& model, const GenerateRequest& request, std::span<const Intervention> interventions,
                           std::shared_ptr<const Lora> adapter, const Progress& progress) {
  if (const auto valid = check(request, model.info().vocabulary); !valid) return tl::unexpected(valid.error());
  const Tokenizer& tokenizer = model.tokenizer();
  const SamplingOptions sampling{.logit_bias = request.logit_bias, .repetition_penalty = request.repetition_penalty,
                                 .temperature = request.temperature, .top_k = request.top_k,
                                 .top_p = request.top_p, .min_p = request.min_p};
  Random random(request.seed);
  Context context(model);
  context.use(std::move(adapter));
  std::vector<std::int64_t> ids = request.ids;
  Generated result;
  for (std::int64_t step = 0; step < request.max_tokens; ++step) {
    // Run what is new: the prompt first, then one token after the other.
    const auto done = context.run(ids, Probes(), interventions, {.stop = progress.stop, .report = {}});
    if (!done) return tl::unexpected(done.error());
    const at::Tensor last = context.last_logits();
    const std::span<const float> logits(last.const_data_ptr<float>(), static_cast<std::size_t>(last.numel()));

    // Choose: the most probable token, or a draw.
    std::int64_t id = 0;
    if (request.temperature == 0) {
      const std::vector<double> adjusted = adjusted_logits(logits, ids, sampling);
      id = std::max_element(adjusted.begin(), adjusted.end()) - adjusted.begin();
    } else {
      id = sample(distribution(logits, sampling, ids), random.uniform());
    }
    const std::vector<double> logprobs = log_softmax(logits);
    result.steps.push_back({id, logits[id], logprobs[id], alternatives(tokenizer, logits, logprobs, request.top)});
    result.ids.push_back(id);
    result.bytes += tokenizer.bytes(id);
    if (request.step) request.step(result.steps.back(), tokenizer.bytes(id));
    if (progress.report)
      progress.report(static_cast<double>(step + 1) / static_cast<double>(request.max_tokens), "generate");

    ids.push_back(id);
    const bool ends = tokenizer.ends(id) || std::ranges::find(request.stop, id) != request.stop.end();
    if (ends || static_cast<std::int64_t>(ids.size()) > model.info().context) break;
  }
  return result;
}

}  // namespace tb
