#include "labs/next-token/next_token.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <sstream>

#include "labs/columns.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/intervention.h"
#include "labs/model/model.h"
#include "labs/model/sampling.h"
#include "labs/model/transformer.h"
#include "labs/reading.h"

namespace tb {
namespace {

constexpr double longest_prompt = 16000;   // bytes; the model's own context is the limit that counts

constexpr double longest_bias = 60;   // bytes

// The draw of step n uses the n-th uniform number of the seed, so that undoing and repeating a step gives the same.
double uniform_of_step(std::uint64_t seed, std::size_t step) {
  Random random(seed);
  for (std::size_t i = 0; i < step; ++i) random.uniform();
  return random.uniform();
}

double entropy_in_bits(const std::vector<double>& p) {
  double bits = 0;
  for (const double x : p)
    if (x > 0) bits -= x * std::log2(x);
  return bits;
}

// "Paris=2, 7042=-inf": a word stands for itself and for itself behind a space, as far as these are single tokens; a
// number is an id. Errors: sampling.bias, next-token.word, run.id.
Result<std::map<std::int64_t, double>> logit_bias(const Tokenizer& tokenizer, const std::string& text) {
  std::map<std::int64_t, double> biases;
  const auto trimmed = [](std::string_view part) {
    const std::size_t first = part.find_first_not_of(" \n"), last = part.find_last_not_of(" \n");
    return first == part.npos ? std::string() : std::string(part.substr(first, last - first + 1));
  };
  if (trimmed(text).empty()) return biases;
  std::istringstream list(text + ",");
  for (std::string part; std::getline(list, part, ',');) {
    const std::string pair = trimmed(part);
    const std::size_t equals = pair.rfind('=');
    const std::string word = trimmed(std::string_view(pair).substr(0, equals));
    if (equals == pair.npos || word.empty()) return fail("sampling.bias", "logit-bias", {pair});
    std::vector<std::string> ids;
    if (word.find_first_not_of("0123456789") == word.npos) {
      ids.push_back(word);
    } else {
      for (const std::string& written : {word, " " + word}) {
        // What the vocabulary puts before every text has no bytes of it.
        const std::vector<Token> tokens = tokenizer.encode(written).tokens;
        if (!tokens.empty() && tokens.back().bytes == written) ids.push_back(std::to_string(tokens.back().id));
      }
      if (ids.empty()) return fail("next-token.word", "logit-bias", {word});
    }
    for (const std::string& id : ids) {
      const auto bias = parse_logit_bias(id + "=" + trimmed(std::string_view(pair).substr(equals + 1)), "logit-bias");
      if (!bias || !biases.insert(*bias->begin()).second) return fail("sampling.bias", "logit-bias", {pair});
      if (bias->begin()->first >= tokenizer.size())
        return fail("run.id", "logit-bias", {id, std::to_string(tokenizer.size() - 1)});
    }
  }
  return biases;
}

void add_bars(Snapshot& snapshot, const Tokenizer& tokenizer, std::span<const float> logits,
              std::span<const double> adjusted, const Distribution& distribution, double temperature,
              std::size_t top) {
  const std::size_t rows = std::min(top, distribution.order.size());
  const std::span<const std::int64_t> ids(distribution.order.data(), rows);
  std::vector<double> logit, changed, p, cumulative, kept, scaled, shifted, exponential;
  double mass = 0;
  for (const std::int64_t id : ids) {
    const double divisor = temperature > 0 ? temperature : 1;
    logit.push_back(logits[id]);
    changed.push_back(std::isfinite(logits[id]) ? adjusted[id] : logits[id]);   // what left all numbers shows as that
    p.push_back(distribution.p[id]);
    cumulative.push_back(mass += distribution.p[id]);
    kept.push_back(distribution.kept[id]);
    scaled.push_back(adjusted[id] / divisor);
    shifted.push_back(scaled.back() - scaled.front());
    exponential.push_back(std::exp(shifted.back()));
  }
  add_token_columns(snapshot, "bars", tokenizer, ids);
  add_numbers(snapshot, "bars.logit", "logit", std::move(logit));
  add_numbers(snapshot, "bars.adjusted", "logit", std::move(changed));
  add_numbers(snapshot, "bars.p", "probability", std::move(p));
  add_numbers(snapshot, "bars.cumulative", "probability", std::move(cumulative));
  add_numbers(snapshot, "bars.kept", "probability", std::move(kept));
  const double largest = scaled.empty() ? 0 : scaled.front();
  add_numbers(snapshot, "softmax.scaled", "logit", std::move(scaled));
  add_numbers(snapshot, "softmax.shifted", "logit", std::move(shifted));
  add_numbers(snapshot, "softmax.exp", "", std::move(exponential));
  add_number(snapshot, "softmax.max", "logit", largest);
  add_number(snapshot, "softmax.sum", "", distribution.sum);
  add_number(snapshot, "softmax.entropy", "bit", entropy_in_bits(distribution.p));

  // Sum the small ones themselves: 1 - mass would lose their digits.
  double tail = 0;
  for (std::size_t i = distribution.order.size(); i-- > rows;) tail += distribution.p[distribution.order[i]];
  add_number(snapshot, "tail.count", "token", static_cast<double>(distribution.order.size() - rows));
  add_number(snapshot, "tail.p", "probability", tail);
  double kept_count = 0, kept_mass = 0;
  for (std::size_t id = 0; id < distribution.kept.size(); ++id) {
    if (distribution.kept[id] <= 0) continue;
    kept_count += 1;
    kept_mass += distribution.p[id];
  }
  add_number(snapshot, "kept.count", "token", kept_count);
  add_number(snapshot, "kept.mass", "probability", kept_mass);
}

// also.{id, bytes, text, special, adjusted, p, kept} [token], in the order asked for. Errors: run.id.
Result<void> add_also(Snapshot& snapshot, const Tokenizer& tokenizer, const std::vector<std::int64_t>& ids,
                      std::span<const double> adjusted, const Distribution& distribution) {
  std::vector<double> changed, p, kept;
  for (const std::int64_t id : ids) {
    if (id < 0 || id >= tokenizer.size())
      return fail("run.id", "also", {std::to_string(id), std::to_string(tokenizer.size() - 1)});
    changed.push_back(adjusted[id]);
    p.push_back(distribution.p[id]);
    kept.push_back(distribution.kept[id]);
  }
  add_token_columns(snapshot, "also", tokenizer, ids);
  add_numbers(snapshot, "also.adjusted", "logit", std::move(changed));
  add_numbers(snapshot, "also.p", "probability", std::move(p));
  add_numbers(snapshot, "also.kept", "probability", std::move(kept));
  return {};
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Tokenizer& tokenizer = job.model->tokenizer();

  // What the model reads: the prompt's tokens, then those chosen so far.
  const Encoding encoding = tokenizer.encode(text_input(job.inputs, "prompt"));
  std::vector<std::int64_t> ids = encoding.ids();
  const std::size_t prompt_tokens = ids.size();
  const auto& continuation = std::get<std::vector<std::int64_t>>(job.inputs.find("continuation")->second);
  for (const std::int64_t id : continuation)
    if (id < 0 || id >= tokenizer.size())
      return fail("run.id", "continuation", {std::to_string(id), std::to_string(tokenizer.size() - 1)});
  ids.insert(ids.end(), continuation.begin(), continuation.end());
  if (ids.empty()) return no_token(tokenizer, "prompt");
  const std::int64_t longest = job.model->info().context;
  if (static_cast<std::int64_t>(ids.size()) > longest)
    return fail("lab.too_long", "prompt", {std::to_string(ids.size()), std::to_string(longest)});

  // Run the model. The same tokens as before compute nothing: only the sampling moved.
  auto* context = dynamic_cast<Context*>(job.kept.get());
  if (!context) {
    job.kept = std::make_unique<Context>(*job.model);
    context = static_cast<Context*>(job.kept.get());
  }
  const auto interventions = interventions_of(job);
  if (!interventions) return tl::unexpected(interventions.error());
  const auto report = context->run(ids, Probes(), *interventions, job.progress);
  if (!report) return tl::unexpected(report.error());
  const at::Tensor last = context->last_logits();   // [vocab]
  const std::span<const float> logits(last.const_data_ptr<float>(), static_cast<std::size_t>(last.numel()));

  // From logits to probabilities, and the draw.
  const auto biases = logit_bias(tokenizer, text_input(job.inputs, "logit-bias"));
  if (!biases) return tl::unexpected(biases.error());
  const SamplingOptions options{.logit_bias = *biases,
                                .repetition_penalty = number_input(job.inputs, "repetition-penalty"),
                                .temperature = number_input(job.inputs, "temperature"),
                                .top_k = integer_input(job.inputs, "top-k"),
                                .top_p = number_input(job.inputs, "top-p"),
                                .min_p = number_input(job.inputs, "min-p")};
  const Distribution distributed = distribution(logits, options, ids);
  const double uniform =
      uniform_of_step(static_cast<std::uint64_t>(integer_input(job.inputs, "seed")), continuation.size());
  const std::int64_t drawn = sample(distributed, uniform);

  Snapshot snapshot = begin_snapshot("next-token", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", tokenizer, ids);
  std::vector<double> is_drawn(ids.size());
  std::fill(is_drawn.begin() + static_cast<std::ptrdiff_t>(prompt_tokens), is_drawn.end(), 1.0);
  add_numbers(snapshot, "tokens.drawn", "", std::move(is_drawn));
  add_unencodable(snapshot, encoding);
  const auto adjusted = adjusted_logits(logits, ids, options);
  add_bars(snapshot, tokenizer, logits, adjusted, distributed, options.temperature,
           static_cast<std::size_t>(integer_input(job.inputs, "top")));
  add_token_columns(snapshot, "sampled", tokenizer, {&drawn, 1});
  add_number(snapshot, "sampled.p", "probability", distributed.kept[drawn]);
  add_number(snapshot, "sampled.uniform", "", uniform);
  add_number(snapshot, "sampled.end", "", tokenizer.ends(drawn));
  // Tokens that were asked for, whatever their rank: a comparison needs those of the other run.
  if (const auto& also = std::get<std::vector<std::int64_t>>(job.inputs.find("also")->second); !also.empty())
    if (const auto added = add_also(snapshot, tokenizer, also, adjusted, distributed); !added)
      return tl::unexpected(added.error());
  snapshot.tokens_computed = report->computed;
  snapshot.tokens_reused = report->reused;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> NextTokenLab::fields(const Model* model) const {
  const double vocabulary = model ? static_cast<double>(model->info().vocabulary) : 1 << 20;
  const auto list = std::vector<std::int64_t>();
  const std::vector<Condition> drawn = {{.key = "temperature", .except = {0.0}}};
  return {
      {.key = "prompt", .initial = std::string("The capital of France is"), .max = longest_prompt},
      {.key = "continuation", .initial = list, .max = vocabulary - 1},
      {.key = "temperature", .initial = 1.0, .min = 0, .max = 3, .step = 0.05, .forward = false},
      {.key = "top-k", .initial = std::int64_t{0}, .min = 0, .max = 100, .step = 1, .unit = "tokens", .forward = false,
       .when = drawn},
      {.key = "top-p", .initial = 1.0, .min = 0.01, .max = 1, .step = 0.01, .forward = false, .when = drawn},
      {.key = "min-p", .initial = 0.0, .min = 0, .max = 1, .step = 0.01, .forward = false, .when = drawn},
      {.key = "repetition-penalty", .initial = 1.0, .min = 1, .max = 2, .step = 0.05, .forward = false},
      {.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 9999, .step = 1, .forward = false, .when = drawn},
      {.key = "top", .initial = std::int64_t{8}, .min = 3, .max = 40, .step = 1, .unit = "tokens", .forward = false},
      {.key = "logit-bias", .initial = std::string(), .max = longest_bias, .forward = false},
      interventions_field(),
      {.key = "also", .initial = list, .max = vocabulary - 1, .forward = false},
  };
}

Result<Snapshot> NextTokenLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
