#include "labs/levers/measure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/text.h"
#include "labs/model/guard.h"
#include "labs/model/tokenizer.h"
#include "labs/model/transformer.h"
#include "labs/stats/bootstrap.h"

namespace tb {
namespace {

constexpr std::size_t most_lower = 200;   // texts whose lower layers are remembered

// The first block that a set-up may change; n_layers where it leaves them all as they are.
std::int64_t first_changed(const std::vector<Intervention>& interventions, const Lora* lora, const Config& config) {
  std::int64_t first = config.n_layers;
  for (const Intervention& one : interventions)
    for (const Point point : one.points) {
      if (point == Point::embed) return 0;
      if (in_block(point) && !one.layers.empty())
        first = std::min(first, *std::min_element(one.layers.begin(), one.layers.end()));
    }
  if (!lora) return first;
  const std::vector<std::int64_t>& layers = lora->options().layers;
  return layers.empty() ? 0 : std::min(first, *std::min_element(layers.begin(), layers.end()));
}

double log_sum_exp(const at::Tensor& logits, const std::vector<std::int64_t>& ids) {
  return logits.index_select(0, at::tensor(ids, at::kLong)).logsumexp(0).item<double>();
}

Result<std::vector<std::int64_t>> text_tokens(const Tokenizer& tokenizer, std::string_view text, std::int64_t longest,
                                              const std::string& key) {
  if (!tokenizer.present()) return fail("lab.tokenizer", key);
  std::vector<std::int64_t> ids = tokenizer.encode(text).ids();
  if (ids.empty()) return fail("lab.empty", key);
  if (const auto n = static_cast<std::int64_t>(ids.size()); n > longest)
    return fail("lab.too_long", key, {std::to_string(n), std::to_string(longest)});
  return ids;
}

}  // namespace

Result<std::vector<std::int64_t>> word_tokens(const Tokenizer& tokenizer, std::string_view words,
                                              const std::string& key) {
  if (!tokenizer.present()) return fail("lab.tokenizer", key);
  std::vector<std::int64_t> ids;
  for (std::size_t at = 0; at <= words.size();) {
    const std::size_t end = std::min(words.find(',', at), words.size());
    std::string_view word = words.substr(at, end - at);
    at = end + 1;
    const std::size_t first = word.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) continue;
    word = word.substr(first, word.find_last_not_of(" \t\r\n") - first + 1);

    std::vector<Token> tokens = tokenizer.encode(" " + std::string(word)).tokens;
    std::erase_if(tokens, [](const Token& token) { return token.start == token.end; });   // a beginning of text
    if (tokens.size() != 1) {
      std::string pieces;
      for (const Token& token : tokens)
        pieces += (pieces.empty() ? "" : " | ") + (is_utf8(token.bytes) ? token.bytes : to_hex(token.bytes));
      return fail("levers.word", key, {std::string(word), pieces});
    }
    if (std::ranges::find(ids, tokens[0].id) == ids.end()) ids.push_back(tokens[0].id);
  }
  if (ids.empty()) return fail("lab.empty", key);
  return ids;
}

Result<Task> read_task(const Tokenizer& tokenizer, const TaskText& text) {
  Task task;
  if (text.prompts.empty()) return fail("lab.empty", "prompts");
  for (const std::string& prompt : text.prompts) {
    auto ids = text_tokens(tokenizer, prompt, longest_prompt, "prompts");
    if (!ids) return tl::unexpected(ids.error());
    task.prompts.push_back(std::move(*ids));
  }
  auto towards = word_tokens(tokenizer, text.towards, "towards"), away = word_tokens(tokenizer, text.away, "away");
  if (!towards) return tl::unexpected(towards.error());
  if (!away) return tl::unexpected(away.error());
  for (const std::int64_t id : *away)
    if (std::ranges::find(*towards, id) != towards->end())
      return fail("levers.both", "away", {std::string(tokenizer.bytes(id))});
  task.towards = std::move(*towards);
  task.away = std::move(*away);
  auto neutral = text_tokens(tokenizer, text.neutral, longest_neutral, "neutral");
  if (!neutral) return tl::unexpected(neutral.error());
  if (neutral->size() < 2) return fail("levers.neutral", "neutral");
  task.neutral = std::move(*neutral);
  return task;
}

Meter::Meter(const Transformer& transformer, Task task)
    : transformer_(&transformer), task_(std::move(task)), before_(task_.prompts.size()) {}

Result<at::Tensor> Meter::logits(const Setup& setup, std::span<const std::int64_t> ids, std::int64_t rows,
                                 const Progress& progress) {
  const c10::InferenceMode no_gradients;
  const Config& config = transformer_->config();
  std::vector<std::int64_t> text = setup.prefix;
  text.insert(text.end(), ids.begin(), ids.end());
  const auto n = static_cast<std::int64_t>(text.size());
  if (n == 0) return fail("run.empty", "ids");
  if (n > config.context) return fail("run.too_long", "ids", {std::to_string(n), std::to_string(config.context)});

  std::vector<Intervention> interventions = setup.interventions;
  if (setup.by_text) {
    auto more = setup.by_text(text);
    if (!more) return tl::unexpected(more.error());
    interventions.insert(interventions.end(), more->begin(), more->end());
  }
  const auto edits = Edits::of(interventions, n, config);
  if (!edits) return tl::unexpected(edits.error());

  // The blocks below the first change say what they always say of this text: they are asked once.
  const std::int64_t start = first_changed(interventions, setup.lora.get(), config);
  if (lower_.size() > most_lower) lower_.clear();
  Lower& lower = lower_[text];
  const at::Tensor tokens = at::tensor(text, at::kLong).to(transformer_->device());
  const auto stopped = [&] { return progress.stop.stop_requested(); };
  if (start > 0 && lower.layer != start) {
    at::Tensor below;
    Run run;
    run.watch = [&](Point point, std::int64_t layer, at::Tensor x) {
      if (point == Point::resid_post && layer == start - 1) below = x;
      return x;
    };
    run.stopped = [&] { return below.defined() || stopped(); };
    transformer_->forward(tokens, run);
    if (!below.defined()) return fail("job.stopped", "run");
    lower = {start, below};
  }
  Run run;
  run.edits = &*edits;
  run.lora = setup.lora.get();
  run.stopped = stopped;
  const at::Tensor x = start > 0 ? transformer_->forward_from(start, lower.x, run) : transformer_->forward(tokens, run);
  if (!x.defined()) return fail("job.stopped", "run");
  return edits->apply(Point::logits, -1, n - rows, transformer_->logits(x.slice(0, n - rows)));
}

Answer Meter::answer_of(const at::Tensor& logits) const {
  const at::Tensor row = logits[0].to(at::kCPU, at::kDouble);
  const double all = row.logsumexp(0).item<double>();
  const double towards = log_sum_exp(row, task_.towards), away = log_sum_exp(row, task_.away);
  return {.log_odds = towards - away, .towards = std::exp(towards - all), .away = std::exp(away - all)};
}

Result<Answer> Meter::answer(const Setup& setup, std::size_t prompt, const Progress& progress) {
  return guarded("prompts", [&]() -> Result<Answer> {
    const auto row = logits(setup, task_.prompts[prompt], 1, progress);
    if (!row) return tl::unexpected(row.error());
    return answer_of(*row);
  });
}

Result<std::vector<double>> Meter::effects(const Setup& setup, const Progress& progress) {
  std::vector<double> effects;
  for (std::size_t i = 0; i < task_.prompts.size(); ++i) {
    if (!before_[i]) {
      const auto before = answer({}, i, progress);
      if (!before) return tl::unexpected(before.error());
      before_[i] = *before;
    }
    const auto after = answer(setup, i, progress);
    if (!after) return tl::unexpected(after.error());
    effects.push_back(after->log_odds - before_[i]->log_odds);
  }
  return effects;
}

Result<Cost> Meter::cost(const Setup& setup, const Progress& progress) {
  return guarded("neutral", [&]() -> Result<Cost> {
    const auto n = static_cast<std::int64_t>(task_.neutral.size());
    const auto log_p = [&](const Setup& with) -> Result<at::Tensor> {
      const auto all = logits(with, task_.neutral, n, progress);
      if (!all) return tl::unexpected(all.error());
      return all->slice(0, 0, n - 1).to(at::kCPU, at::kDouble).log_softmax(-1);
    };
    if (!neutral_before_.defined()) {
      const auto before = log_p({});
      if (!before) return tl::unexpected(before.error());
      neutral_before_ = *before;
    }
    const auto after = log_p(setup);
    if (!after) return tl::unexpected(after.error());
    const at::Tensor next = at::tensor(task_.neutral, at::kLong).slice(0, 1).unsqueeze(1);
    const at::Tensor kl = (neutral_before_.exp() * (neutral_before_ - *after)).sum(-1).mean();
    const at::Tensor nll = (neutral_before_ - *after).gather(1, next).mean();
    return Cost{.kl = kl.item<double>(), .nll = nll.item<double>()};
  });
}

Result<at::Tensor> Meter::last_logits(const Setup& setup, std::span<const std::int64_t> ids,
                                      const Progress& progress) {
  return guarded("prompts", [&]() -> Result<at::Tensor> {
    const auto row = logits(setup, ids, 1, progress);
    if (!row) return tl::unexpected(row.error());
    return row->select(0, 0).cpu();
  });
}

EffectSpread spread_of(std::span<const double> effects, std::uint64_t seed) {
  EffectSpread spread;
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  spread.interval = {nothing, nothing};
  if (effects.empty()) return spread;
  const auto n = static_cast<double>(effects.size());
  spread.mean = std::accumulate(effects.begin(), effects.end(), 0.0) / n;
  spread.least = *std::ranges::min_element(effects);
  spread.most = *std::ranges::max_element(effects);
  spread.right = static_cast<double>(std::ranges::count_if(effects, [](double x) { return x > 0; })) / n;
  std::vector<std::int64_t> each(effects.size());
  std::iota(each.begin(), each.end(), std::int64_t{0});
  if (const auto drawn = stats::bootstrap_mean(effects, each, {.seed = seed})) spread.interval = drawn->interval;
  return spread;
}

}  // namespace tb
