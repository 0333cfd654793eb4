// What a change does to one task, and what it costs on a text that has nothing to do with it. The task: prompts that
// each ask the same, words that would answer one way (towards) and words that would answer the other way (away).
//
//   auto task = read_task(model, {.prompts = {"I think it was", ...}, .towards = " good, great", .away = " bad, awful",
//                                 .neutral = "The city lies on the river."});
//   Meter meter(model.transformer(), std::move(*task));
//   Setup setup;                                            // does nothing
//   setup.interventions = {*Intervention::parse("add-residual:layer=15,query=1..-1,value=4,tensor=v", config, source)};
//   auto effects = meter.effects(setup, progress);          // [prompt], nats of log-odds
//   auto cost = meter.cost(setup, progress);                // nats a token on the neutral text
//   auto spread = spread_of(*effects, seed);                // mean, interval, least, most, share in the direction
//
// Effect: log-odds = log of the probability of all words towards, over that of all words away, in the row of the
// prompt's last token; the effect of a change is by how much it grows, in nats. No softmax enters: it is the difference
// of two log-sum-exps of logits.
// Cost: the mean of KL(p without || p with) over the rows of the neutral text that have a next token in it, and by how
// much the mean -log p of these next tokens grows. 0 for a set-up that does nothing.
//
// All prompts are read in one pass, and what stands before the first changed layer is computed once and used again.
// Compute thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/lab.h"
#include "labs/model/intervention.h"
#include "labs/stats/intervals.h"

namespace tb {

class Lora;          // labs/model/lora.h
class Tokenizer;     // labs/model/tokenizer.h
class Transformer;   // labs/model/transformer.h

// What is done to the model while it reads a text. An empty one does nothing.
struct Setup {
  std::vector<std::int64_t> prefix;                 // tokens put before every text, the neutral one too
  std::vector<Intervention> interventions;          // positions count from the first token, the prefix included
  // Interventions that depend on what stands in the text (the ids of prefix and text); may be empty.
  std::function<Result<std::vector<Intervention>>(std::span<const std::int64_t> ids)> by_text;
  std::shared_ptr<const Lora> lora;                 // an adapter beside the matrices; null: none
};

struct TaskText {
  std::vector<std::string> prompts;                 // the first is the one that a lever is tuned on
  std::string towards, away;                        // " good, great": divided by commas, each one token with its space
  std::string neutral;                              // at least two tokens
};

struct Task {
  std::vector<std::vector<std::int64_t>> prompts;
  std::vector<std::int64_t> towards, away;          // tokens
  std::vector<std::int64_t> neutral;
  std::optional<std::int64_t> begin;                // a token that every text begins with: a prefix takes its place
};

constexpr std::int64_t longest_prompt = 64, longest_neutral = 128;   // tokens

// Errors, at the input's key ("prompts", "towards", "away", "neutral"): lab.empty, lab.tokenizer, lab.too_long,
// levers.word (more than one token, by its pieces), levers.both (a word stands on both sides), levers.neutral.
Result<Task> read_task(const Tokenizer& tokenizer, const TaskText& text);

// Words divided by commas as tokens, each with a space before it whether it is written or not; a word that stands there
// twice counts once. Errors, at `key`: lab.empty, levers.word.
Result<std::vector<std::int64_t>> word_tokens(const Tokenizer& tokenizer, std::string_view words,
                                              const std::string& key);

// What the last row of one prompt says.
struct Answer {
  double log_odds = 0;                              // nats: towards against away
  double towards = 0, away = 0;                     // the probability of all words of a side
};

struct Cost {
  double kl = 0, nll = 0;                           // nats a token; nll: the change, positive where it is worse
};

class Meter {
 public:
  Meter(const Transformer& transformer, Task task);   // the transformer must outlive it

  const Task& task() const { return task_; }
  std::int64_t tokens() const { return tokens_; }     // that the model has read for it so far
  // Errors of all of these: run.empty, run.id, run.too_long, those of Edits::of and of by_text, job.stopped.
  Result<std::vector<Answer>> answers(const Setup& setup, const Progress& progress);   // [prompt]
  Result<std::vector<Answer>> before(const Progress& progress);                        // without any change
  // The growth of the log-odds of each prompt [prompt]; of the first one alone.
  Result<std::vector<double>> effects(const Setup& setup, const Progress& progress);
  Result<double> first_effect(const Setup& setup, const Progress& progress);
  Result<Cost> cost(const Setup& setup, const Progress& progress);

  // The logits [vocab] after `ids` and the set-up's prefix before them; float32 on the CPU.
  Result<at::Tensor> last_logits(const Setup& setup, std::span<const std::int64_t> ids, const Progress& progress);

 private:
  using Texts = std::vector<std::vector<std::int64_t>>;
  // [text * rows, vocab] of the last `rows` tokens of each text, its prefix before it; float32.
  Result<at::Tensor> logits(const Setup& setup, const Texts& texts, std::int64_t rows, const Progress& progress);
  Result<std::vector<Answer>> answers(const Setup& setup, const Texts& prompts, const Progress& progress);

  const Transformer* transformer_;
  Task task_;
  std::int64_t tokens_ = 0;
  std::vector<Answer> before_;                      // [prompt] without any change; empty until it is asked for
  std::optional<Answer> first_before_;
  at::Tensor neutral_before_, neutral_p_;           // [rows, vocab] log-probabilities and probabilities, double
  struct Lower { std::int64_t layer = -1; at::Tensor x; };
  std::map<Texts, Lower> lower_;                    // the stream of these texts before block `layer`
};

// Effects over paraphrases.
struct EffectSpread {
  double mean = 0;
  stats::Interval interval;                         // of the mean: 95 %, bootstrap over the prompts; NaN for one prompt
  double least = 0, most = 0;
  double right = 0;                                 // the share of prompts that moved towards (above 0)
};
EffectSpread spread_of(std::span<const double> effects, std::uint64_t seed = 1);

}  // namespace tb
