#include "labs/missed/missed.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include <ATen/ATen.h>

#include "base/random.h"
#include "labs/answers.h"
#include "labs/columns.h"
#include "labs/model/analysis/attribution.h"
#include "labs/model/analysis/knock_out.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"
#include "labs/stats/bootstrap.h"
#include "labs/stats/correlation.h"

namespace tb {
namespace {

constexpr const char* usual_prompts =
    "The capital of France is | Paris | London\n"
    "The capital of Japan is | Tokyo | London\n"
    "The capital of Italy is | Rome | Paris\n"
    "The Eiffel Tower is in the city of | Paris | London\n"
    "Paris is in France. Berlin is in | Germany | France\n"
    "When John and Mary went to the store, John gave a drink to | Mary | John\n"
    "When Tom and Anna went to the park, Anna gave a ball to | Tom | Anna\n"
    "The opposite of hot is | cold | hot\n"
    "The opposite of big is | small | big\n"
    "The opposite of black is | white | black\n"
    "To be or not to | be | do\n"
    "Once upon a time, there was a | young | man\n"
    "A B C D E F | G | H\n"
    "one two three four five | six | seven\n"
    "Monday Tuesday Wednesday | Thursday | Friday\n"
    "January February March | April | May\n"
    "The sun rises in the | east | west\n"
    "He put the keys on the | table | floor\n"
    "Thank you very | much | well\n"
    "def add(a, b): return a + | b | a";

struct OfPrompt {
  std::string text;
  Question question;
  double answer = 0, error = 0;
  std::vector<double> layer, head, written, missed;   // [drawn]
};

// "text | answer | other". Errors: missed.line.
Result<std::array<std::string, 3>> parts_of(const std::string& line) {
  std::array<std::string, 3> parts;
  std::size_t from = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t bar = i < 2 ? line.find('|', from) : line.size();
    if (bar == std::string::npos) return fail("missed.line", "prompts", {line});
    std::size_t first = line.find_first_not_of(" \t", from), last = line.find_last_not_of(" \t", bar == 0 ? 0 : bar - 1);
    if (first == std::string::npos || first >= bar || last < first) return fail("missed.line", "prompts", {line});
    parts[i] = line.substr(first, last - first + 1);
    from = bar + 1;
  }
  return parts;
}

// `count` different heads out of all.
std::vector<std::int64_t> drawn(std::int64_t heads, std::int64_t count, Random& random) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(heads));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  count = std::min(count, heads);
  for (std::int64_t i = 0; i < count; ++i)
    std::swap(all[static_cast<std::size_t>(i)], all[static_cast<std::size_t>(i + random.below(heads - i))]);
  all.resize(static_cast<std::size_t>(count));
  return all;
}

// Two rankings that may be constant, where nothing can be said: NaN.
double rho_of(std::span<const double> x, std::span<const double> y) {
  const auto correlation = stats::spearman(x, y);
  return correlation ? correlation->rho : std::numeric_limits<double>::quiet_NaN();
}

Result<OfPrompt> measure(Job& job, Context& context, const std::string& line, std::int64_t count, Random& random,
                         std::int64_t& computed) {
  const auto parts = parts_of(line);
  if (!parts) return tl::unexpected(parts.error());
  const Transformer& transformer = job.model->transformer();
  const Tokenizer& tokenizer = job.model->tokenizer();
  std::vector<std::string> points = attribution_points(transformer.config());
  for (const std::string& point : knock_out_points()) points.push_back(point);
  const auto probes = Probes::of(*job.model, points);
  if (!probes) return tl::unexpected(probes.error());
  const std::vector<std::int64_t> ids = tokenizer.encode((*parts)[0]).ids();
  if (ids.empty()) return no_token(tokenizer, "prompts");
  if (static_cast<std::int64_t>(ids.size()) > MissedLab::longest)
    return fail("lab.too_long", "prompts", {std::to_string(ids.size()), std::to_string(MissedLab::longest)});
  const auto run = context.run(ids, *probes, {}, {.stop = job.progress.stop, .report = {}});
  if (!run) return tl::unexpected(run.error());
  computed += run->computed;
  const at::Tensor last = context.last_logits();
  const std::span<const float> logits(last.const_data_ptr<float>(), static_cast<std::size_t>(last.numel()));
  const auto answer = answer_token(tokenizer, logits, (*parts)[1], "prompts");
  if (!answer) return tl::unexpected(answer.error());
  const auto other = answer_token(tokenizer, logits, (*parts)[2], "prompts");
  if (!other) return tl::unexpected(other.error());
  if (*answer == *other) return fail("answer.same", "prompts", {std::string(tokenizer.bytes(*answer))});

  OfPrompt result{.text = (*parts)[0], .question = {*answer, *other}};
  const auto attribution = attribute(transformer, context, result.question);
  if (!attribution) return tl::unexpected(attribution.error());
  const auto direction = unembedding_direction(transformer, result.question);
  if (!direction) return tl::unexpected(direction.error());
  const at::Tensor written = attribution->heads.select(-1, -1);   // [layer, head]
  result.answer = attribution->answer[-1].item<double>();
  result.error = attribution->error();
  const std::int64_t heads = transformer.config().n_heads;
  for (const std::int64_t at : drawn(transformer.config().n_layers * heads, count, random)) {
    const auto without = knock_out(transformer, context, *direction, at / heads, at % heads, job.progress.stop);
    if (!without) return tl::unexpected(without.error());
    result.layer.push_back(static_cast<double>(at / heads));
    result.head.push_back(static_cast<double>(at % heads));
    result.written.push_back(written[at / heads][at % heads].item<double>());
    result.missed.push_back(result.answer - *without);
    if (job.yield) job.yield();
  }
  return result;
}

Snapshot snapshot_of(const Job& job, const std::vector<OfPrompt>& prompts) {
  Snapshot snapshot = begin_snapshot("missed", job.inputs, job.model->info());
  std::vector<std::string> texts;
  std::vector<std::int64_t> answers, others, clusters;
  std::vector<double> answer, error, rho, defined, shuffled, layer, head, written, missed;
  std::int64_t against = 0, weighty = 0;
  Random random(static_cast<std::uint64_t>(integer_input(job.inputs, "seed")));
  for (const OfPrompt& prompt : prompts) {
    texts.push_back(prompt.text);
    answers.push_back(prompt.question.target);
    others.push_back(*prompt.question.foil);
    answer.push_back(prompt.answer);
    error.push_back(prompt.error);
    rho.push_back(rho_of(prompt.written, prompt.missed));
    std::vector<double> paired;
    for (const std::int64_t at : drawn(static_cast<std::int64_t>(prompt.missed.size()),
                                       static_cast<std::int64_t>(prompt.missed.size()), random))
      paired.push_back(prompt.missed[static_cast<std::size_t>(at)]);
    if (const double by_chance = rho_of(prompt.written, paired); std::isfinite(by_chance))
      shuffled.push_back(by_chance);
    if (std::isfinite(rho.back())) {
      clusters.push_back(static_cast<std::int64_t>(defined.size()));
      defined.push_back(rho.back());
    }
    for (std::size_t i = 0; i < prompt.layer.size(); ++i) {
      layer.push_back(prompt.layer[i]);
      head.push_back(prompt.head[i]);
      written.push_back(prompt.written[i]);
      missed.push_back(prompt.missed[i]);
      const bool counts = std::abs(prompt.written[i]) >= 0.1 && std::abs(prompt.missed[i]) >= 0.1;
      weighty += counts;
      against += counts && prompt.written[i] * prompt.missed[i] < 0;
    }
  }
  const auto mean = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto spread = stats::bootstrap_mean(defined, clusters);
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(prompts.size()),
                                           static_cast<std::int64_t>(prompts.front().layer.size())};
  const Tokenizer& tokenizer = job.model->tokenizer();
  add_texts(snapshot, "prompts.text", std::move(texts));
  add_token_columns(snapshot, "answer", tokenizer, answers);
  add_token_columns(snapshot, "other", tokenizer, others);
  add_numbers(snapshot, "prompts.answer", "logit", std::move(answer));
  add_numbers(snapshot, "prompts.error", "", std::move(error));
  add_numbers(snapshot, "prompts.rho", "", std::move(rho));
  add_number(snapshot, "rho.mean", "", defined.empty() ? nan : mean(defined));
  add_number(snapshot, "rho.low", "", spread ? spread->interval.low : nan);
  add_number(snapshot, "rho.high", "", spread ? spread->interval.high : nan);
  add_number(snapshot, "rho.least", "", defined.empty() ? nan : *std::min_element(defined.begin(), defined.end()));
  add_number(snapshot, "rho.most", "", defined.empty() ? nan : *std::max_element(defined.begin(), defined.end()));
  add_number(snapshot, "rho.shuffled", "", shuffled.empty() ? nan : mean(shuffled));
  add_number(snapshot, "heads.against", "probability",
             weighty == 0 ? nan : static_cast<double>(against) / static_cast<double>(weighty));
  add_numbers(snapshot, "heads.layer", "", std::move(layer), shape);
  add_numbers(snapshot, "heads.head", "", std::move(head), shape);
  add_numbers(snapshot, "heads.written", "logit", std::move(written), shape);
  add_numbers(snapshot, "heads.missed", "logit", std::move(missed), shape);
  return snapshot;
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const auto lines = read_lines(job, "prompts", 1, MissedLab::most);
  if (!lines) return tl::unexpected(lines.error());
  Context context(*job.model);
  Random random(static_cast<std::uint64_t>(integer_input(job.inputs, "seed")));
  std::vector<OfPrompt> prompts;
  std::int64_t computed = 0;
  for (const std::string& line : *lines) {
    auto one = measure(job, context, line, integer_input(job.inputs, "heads"), random, computed);
    if (!one) return tl::unexpected(one.error());
    prompts.push_back(std::move(*one));
    if (job.progress.report)
      job.progress.report(static_cast<double>(prompts.size()) / static_cast<double>(lines->size()), "knock-out");
    if (job.publish && prompts.size() < lines->size()) {
      Snapshot snapshot = snapshot_of(job, prompts);
      snapshot.partial = true;
      job.publish(std::move(snapshot));
    }
  }
  Snapshot snapshot = snapshot_of(job, prompts);
  snapshot.tokens_computed = computed;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> MissedLab::fields(const Model* model) const {
  const double heads = model ? static_cast<double>(model->info().n_layers * model->info().n_heads) : 4000;
  return {
      {.key = "prompts", .initial = std::string(usual_prompts), .max = 8000, .unit = "lines"},
      {.key = "heads", .initial = std::int64_t{40}, .min = 3, .max = heads, .step = 1},
      {.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 99, .step = 1},
  };
}

Result<Snapshot> MissedLab::run(Job& job) const {
  return guarded("prompts", [&] { return run_model(job); });
}

}  // namespace tb
