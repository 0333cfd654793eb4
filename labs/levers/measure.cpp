#include "labs/levers/measure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/text.h"
#include "labs/model/guard.h"
#include "labs/model/tokenizer.h"
#include "labs/model/transformer.h"
#include "labs/stats/bootstrap.h"

namespace tb {
namespace {

constexpr std::size_t most_lower = 40;   // groups of texts whose lower layers are remembered

// The first block that is changed; n_layers where all stay as they are.
std::int64_t first_changed(const std::set<std::pair<Point, std::int64_t>>& touched, const Lora* lora,
                           const Config& config) {
  std::int64_t first = config.n_layers;
  for (const auto& [point, layer] : touched) {
    if (point == Point::embed) return 0;
    if (layer >= 0) first = std::min(first, layer);
  }
  if (!lora) return first;
  const std::vector<std::int64_t>& layers = lora->options().layers;
  return layers.empty() ? 0 : std::min(first, *std::ranges::min_element(layers));
}

double log_sum_exp(const at::Tensor& logits, const std::vector<std::int64_t>& ids) {
  return logits.index_select(0, at::tensor(ids, at::kLong)).logsumexp(0).item<double>();
}

Result<std::vector<std::int64_t>> text_tokens(const Tokenizer& tokenizer, std::string_view text, std::int64_t longest,
                                              const std::string& key) {
  if (!tokenizer.present()) return fail("lab.tokenizer", key);
  std::vector<std::int64_t> ids = tokenizer.encode(text).ids();
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos || ids.empty()) return fail("lab.empty", key);
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
  task.begin = tokenizer.encode("").ids().empty() ? std::nullopt : tokenizer.begin_token();
  return task;
}

Meter::Meter(const Transformer& transformer, Task task)
    : transformer_(&transformer), task_(std::move(task)) {}

Result<at::Tensor> Meter::logits(const Setup& setup, const Texts& texts, std::int64_t rows,
                                 const Progress& progress) {
  const c10::InferenceMode no_gradients;
  const Config& config = transformer_->config();
  const auto count = static_cast<std::int64_t>(texts.size());

  // What the model reads, and what is changed in each text.
  Texts all;
  std::vector<Edits> edits;
  std::set<std::pair<Point, std::int64_t>> touched;   // where anything is changed; layer -1 outside the blocks
  std::int64_t longest = 0;
  for (const std::vector<std::int64_t>& ids : texts) {
    std::vector<std::int64_t> text = setup.prefix;
    const bool again = !text.empty() && !ids.empty() && ids.front() == task_.begin;
    text.insert(text.end(), ids.begin() + (again ? 1 : 0), ids.end());
    const auto n = static_cast<std::int64_t>(text.size());
    if (n == 0) return fail("run.empty", "ids");
    if (n > config.context) return fail("run.too_long", "ids", {std::to_string(n), std::to_string(config.context)});
    std::vector<Intervention> interventions = setup.interventions;
    if (setup.by_text) {
      auto more = setup.by_text(text);
      if (!more) return tl::unexpected(more.error());
      interventions.insert(interventions.end(), more->begin(), more->end());
    }
    auto resolved = Edits::of(interventions, n, config);
    if (!resolved) return tl::unexpected(resolved.error());
    for (const Intervention& one : interventions)
      for (const Point point : one.points)
        if (!in_block(point)) touched.emplace(point, -1);
        else for (const std::int64_t layer : one.layers) touched.emplace(point, layer);
    edits.push_back(std::move(*resolved));
    longest = std::max(longest, n);
    all.push_back(std::move(text));
  }
  std::vector<std::int64_t> ids, wanted;               // filled up at the ends; the rows to be read
  for (const std::vector<std::int64_t>& text : all) {
    ids.insert(ids.end(), text.begin(), text.end());
    for (std::int64_t row = -rows; row < 0; ++row) wanted.push_back(static_cast<std::int64_t>(ids.size()) + row);
    ids.resize(ids.size() + static_cast<std::size_t>(longest) - text.size(), text.back());
  }
  const at::Tensor tokens = at::tensor(ids, at::kLong).to(transformer_->device());
  tokens_ += tokens.numel();

  // The blocks below the first change say what they always say of these texts: they are asked once.
  const std::int64_t start = first_changed(touched, setup.lora.get(), config);
  const auto stopped = [&] { return progress.stop.stop_requested(); };
  if (lower_.size() > most_lower) lower_.clear();
  Lower& lower = lower_[all];
  if (start > 0 && lower.layer != start) {
    at::Tensor below;
    Run run{.texts = count};
    run.watch = [&](Point point, std::int64_t layer, at::Tensor x) {
      if (point == Point::resid_post && layer == start - 1) below = x;
      return x;
    };
    run.stopped = [&] { return below.defined() || stopped(); };
    transformer_->forward(tokens, run);
    if (!below.defined()) return fail("job.stopped", "run");
    lower = {start, below};
  }

  // Above, each text's own changes act on its own rows; of patterns, on its own heads (see Transformer::attention).
  Run run{.lora = setup.lora.get(), .texts = count, .stopped = stopped};
  run.watch = [&](Point point, std::int64_t layer, at::Tensor x) {
    if (!touched.contains({point, layer})) return x;
    std::vector<at::Tensor> parts = x.chunk(count);
    for (std::int64_t i = 0; i < count; ++i) parts[i] = edits[i].apply(point, layer, 0, parts[i]);
    return at::cat(parts);
  };
  const at::Tensor x = start > 0 ? transformer_->forward_from(start, lower.x, run) : transformer_->forward(tokens, run);
  if (!x.defined()) return fail("job.stopped", "run");
  std::vector<at::Tensor> parts =
      transformer_->logits(x.index_select(0, at::tensor(wanted, at::kLong).to(x.device()))).chunk(count);
  for (std::int64_t i = 0; i < count; ++i)
    parts[i] = edits[i].apply(Point::logits, -1, static_cast<std::int64_t>(all[i].size()) - rows, parts[i]);
  return at::cat(parts);
}

Result<std::vector<Answer>> Meter::answers(const Setup& setup, const Texts& prompts, const Progress& progress) {
  return guarded("prompts", [&]() -> Result<std::vector<Answer>> {
    const auto all = logits(setup, prompts, 1, progress);
    if (!all) return tl::unexpected(all.error());
    const at::Tensor wide = all->to(at::kCPU, at::kDouble);
    std::vector<Answer> answers;
    for (std::int64_t i = 0; i < wide.size(0); ++i) {
      const double sum = wide[i].logsumexp(0).item<double>();
      const double towards = log_sum_exp(wide[i], task_.towards), away = log_sum_exp(wide[i], task_.away);
      answers.push_back({.log_odds = towards - away, .towards = std::exp(towards - sum), .away = std::exp(away - sum)});
    }
    return answers;
  });
}

Result<std::vector<Answer>> Meter::answers(const Setup& setup, const Progress& progress) {
  return answers(setup, task_.prompts, progress);
}

Result<std::vector<Answer>> Meter::before(const Progress& progress) {
  if (before_.empty()) {
    auto asked = answers({}, progress);
    if (!asked) return asked;
    before_ = std::move(*asked);
  }
  return before_;
}

Result<std::vector<double>> Meter::effects(const Setup& setup, const Progress& progress) {
  const auto was = before(progress);
  if (!was) return tl::unexpected(was.error());
  const auto after = answers(setup, progress);
  if (!after) return tl::unexpected(after.error());
  std::vector<double> effects;
  for (std::size_t i = 0; i < after->size(); ++i) effects.push_back((*after)[i].log_odds - (*was)[i].log_odds);
  return effects;
}

Result<double> Meter::first_effect(const Setup& setup, const Progress& progress) {
  const Texts first = {task_.prompts.front()};
  if (!first_before_) {
    const auto before = answers({}, first, progress);
    if (!before) return tl::unexpected(before.error());
    first_before_ = before->front();
  }
  const auto after = answers(setup, first, progress);
  if (!after) return tl::unexpected(after.error());
  return after->front().log_odds - first_before_->log_odds;
}

Result<Cost> Meter::cost(const Setup& setup, const Progress& progress) {
  return guarded("neutral", [&]() -> Result<Cost> {
    const auto n = static_cast<std::int64_t>(task_.neutral.size());
    const auto log_p = [&](const Setup& with) -> Result<at::Tensor> {
      const auto all = logits(with, {task_.neutral}, n, progress);
      if (!all) return tl::unexpected(all.error());
      return all->slice(0, 0, n - 1).to(at::kCPU, at::kDouble).log_softmax(-1);
    };
    if (!neutral_before_.defined()) {
      const auto before = log_p({});
      if (!before) return tl::unexpected(before.error());
      neutral_before_ = *before;
      neutral_p_ = before->exp();
    }
    const auto after = log_p(setup);
    if (!after) return tl::unexpected(after.error());
    const at::Tensor next = at::tensor(task_.neutral, at::kLong).slice(0, 1).unsqueeze(1);
    const at::Tensor nll = (neutral_before_.gather(1, next) - after->gather(1, next)).mean();
    const at::Tensor kl = (neutral_before_ - *after).mul_(neutral_p_).sum(-1).mean();
    return Cost{.kl = kl.item<double>(), .nll = nll.item<double>()};
  });
}

Result<at::Tensor> Meter::last_logits(const Setup& setup, std::span<const std::int64_t> ids,
                                      const Progress& progress) {
  return guarded("prompts", [&]() -> Result<at::Tensor> {
    const auto row = logits(setup, {{ids.begin(), ids.end()}}, 1, progress);
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
