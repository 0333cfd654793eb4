#include "labs/heads/heads.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include <ATen/ATen.h>

#include "labs/columns.h"
#include "labs/model/analysis/knock_out.h"
#include "labs/model/analysis/patterns.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"

namespace tb {
namespace {

// The run, and what was knocked out of it, as far as that came.
struct HeadsSession : Session {
  std::unique_ptr<Context> context;
  std::vector<std::int64_t> ids;
  Question question;
  std::vector<double> effects;   // [layer, head]; NaN: not yet
};

// The text, or random tokens twice.
Result<Reading> read(const Job& job, HeadsSession& kept, const std::vector<std::string>& points) {
  if (!switch_input(job.inputs, "random")) return read_text(job, kept.context, "prompt", HeadsLab::longest, points);
  const auto ids = repeated_random_tokens(integer_input(job.inputs, "length"), job.model->tokenizer().size(),
                                          static_cast<std::uint64_t>(integer_input(job.inputs, "seed")));
  if (!ids) return tl::unexpected(ids.error());
  const auto probes = Probes::of(*job.model, points);
  if (!probes) return tl::unexpected(probes.error());
  if (!kept.context) kept.context = std::make_unique<Context>(*job.model);
  const auto report = kept.context->run(*ids, *probes, {}, job.progress);
  if (!report) return tl::unexpected(report.error());
  return Reading{.encoding = {}, .ids = *ids, .context = kept.context.get(), .report = *report};
}

// Rows that the score is a mean over.
std::int64_t rows_of(const std::string& score, const std::vector<std::int64_t>& ids) {
  std::int64_t rows = 0;
  for (std::size_t query = 1; query < ids.size(); ++query) {
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(query);
    const auto found = std::find(ids.begin(), end, ids[query]);
    rows += score == "induction" ? found != end && found + 1 != end : score != "duplicate" || found != end;
  }
  return rows;
}

at::Tensor mean_entropy(const Config& config, const Context& context) {
  std::vector<at::Tensor> bits;
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    const at::Tensor pattern = context.point(block_point(layer, "attn.pattern"));
    const std::int64_t n = pattern.size(1);
    bits.push_back(pattern_entropy(pattern).slice(1, 1).sum(1) / static_cast<double>(std::max<std::int64_t>(n - 1, 1)));
  }
  return at::stack(bits);   // [layer, head]
}

// Knocks out head after head, from the last layer down. `publish` is told after each layer but the last.
Result<void> knock_out_all(const Job& job, HeadsSession& kept, const at::Tensor& direction, double answer,
                           const std::function<void()>& publish) {
  const Transformer& transformer = job.model->transformer();
  const std::int64_t layers = transformer.config().n_layers, heads = transformer.config().n_heads;
  for (std::int64_t layer = layers; layer-- > 0;) {
    if (!std::isnan(kept.effects[layer * heads])) continue;
    std::vector<double> effects;
    for (std::int64_t head = 0; head < heads; ++head) {
      const auto without = knock_out(transformer, *kept.context, direction, layer, head, job.progress.stop);
      if (!without) return tl::unexpected(without.error());
      effects.push_back(*without - answer);
      const auto done = static_cast<double>((layers - 1 - layer) * heads + head + 1);
      if (job.progress.report) job.progress.report(done / static_cast<double>(layers * heads), "knock-out");
    }
    std::copy(effects.begin(), effects.end(), kept.effects.begin() + layer * heads);
    if (layer > 0) publish();
    if (job.yield) job.yield();
  }
  return {};
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Transformer& transformer = job.model->transformer();
  const Config& config = transformer.config();
  auto* kept = dynamic_cast<HeadsSession*>(job.kept.get());
  if (!kept) {
    job.kept = std::make_unique<HeadsSession>();
    kept = static_cast<HeadsSession*>(job.kept.get());
  }
  std::vector<std::string> points = knock_out_points();
  points.insert(points.end(), {"blocks.*.attn.pattern", "final_norm"});
  const auto reading = read(job, *kept, points);
  if (!reading) return tl::unexpected(reading.error());
  const Context& context = *reading->context;
  const auto scores = head_scores(config, context);
  if (!scores) return tl::unexpected(scores.error());
  const at::Tensor entropy = mean_entropy(config, context);
  const auto n = static_cast<std::int64_t>(reading->ids.size());
  const std::string& score = text_input(job.inputs, "score");

  at::Tensor direction;
  double answer = 0;
  if (score == "knock-out") {
    const auto question = question_of(job, context, n - 1);
    if (!question) return tl::unexpected(question.error());
    direction = *unembedding_direction(transformer, *question);
    answer = context.point("final_norm")[-1].dot(direction).item<double>();
    if (kept->ids != reading->ids || !(kept->question == *question) || kept->effects.empty()) {
      kept->ids = reading->ids;
      kept->question = *question;
      kept->effects.assign(config.n_layers * config.n_heads, std::numeric_limits<double>::quiet_NaN());
    }
  }

  const auto snapshot_of = [&] {
    Snapshot snapshot = begin_snapshot("heads", job.inputs, job.model->info());
    add_token_columns(snapshot, "tokens", job.model->tokenizer(), reading->ids);
    add_unencodable(snapshot, reading->encoding);
    add_tensor(snapshot, "heads.previous", "probability", scores->previous);
    add_tensor(snapshot, "heads.induction", "probability", scores->induction);
    add_tensor(snapshot, "heads.duplicate", "probability", scores->duplicate);
    add_tensor(snapshot, "heads.sink", "probability", scores->sink);
    add_tensor(snapshot, "heads.entropy", "bit", entropy);
    if (score == "knock-out") {
      add_numbers(snapshot, "heads.knock-out", "logit", kept->effects, {config.n_layers, config.n_heads});
      add_question(snapshot, job.model->tokenizer(), kept->question);
      add_number(snapshot, "answer.value", "logit", answer);
    }
    const std::vector<double>& shown = snapshot.numbers("heads." + score);
    add_number(snapshot, "heads.over-half", "",
               static_cast<double>(std::count_if(shown.begin(), shown.end(), [](double x) { return x > 0.5; })));
    add_number(snapshot, "heads.rows", "", static_cast<double>(rows_of(score, reading->ids)));

    // The chosen head, else the one with the largest value.
    const std::vector<double>& values = snapshot.numbers("heads." + score);
    std::int64_t layer = integer_input(job.inputs, "layer"), head = integer_input(job.inputs, "head");
    if (layer < 0 || head < 0) {
      std::size_t best = values.size() - 1;
      for (std::size_t i = values.size(); i-- > 0;)
        if (std::abs(values[i]) >= std::abs(values[best])) best = i;
      layer = static_cast<std::int64_t>(best) / config.n_heads;
      head = static_cast<std::int64_t>(best) % config.n_heads;
    }
    layer = std::min(layer, config.n_layers - 1);
    head = std::min(head, config.n_heads - 1);
    add_number(snapshot, "chosen.layer", "", static_cast<double>(layer));
    add_number(snapshot, "chosen.head", "", static_cast<double>(head));
    add_number(snapshot, "chosen.value", "", values[layer * config.n_heads + head]);
    add_tensor(snapshot, "chosen.pattern", "probability", context.point(block_point(layer, "attn.pattern"))[head]);
    snapshot.tokens_computed = reading->report.computed;
    snapshot.tokens_reused = reading->report.reused;
    snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
    return snapshot;
  };

  if (score == "knock-out") {
    const auto publish = [&] {
      if (!job.publish) return;
      Snapshot snapshot = snapshot_of();
      snapshot.partial = true;
      job.publish(std::move(snapshot));
    };
    if (const auto done = knock_out_all(job, *kept, direction, answer, publish); !done)
      return tl::unexpected(done.error());
  }
  return snapshot_of();
}

}  // namespace

std::vector<Field> HeadsLab::fields(const Model* model) const {
  const double layers = model ? static_cast<double>(model->info().n_layers) : 200;
  const double heads = model ? static_cast<double>(model->info().n_heads) : 200;
  return {
      {.key = "prompt", .initial = std::string("When John and Mary went to the store, John gave a drink to"),
       .max = 4000, .when = {{.key = "random", .among = {false}}}},
      {.key = "score", .initial = std::string("previous"),
       .choices = {"previous", "induction", "duplicate", "sink", "entropy", "knock-out"}},
      {.key = "answer", .initial = std::string("Mary"), .max = 60,
       .when = {{.key = "score", .among = {"knock-out"}}}},
      {.key = "other", .initial = std::string("John"), .max = 60,
       .when = {{.key = "score", .among = {"knock-out"}}}},
      {.key = "random", .initial = false},
      {.key = "length", .initial = std::int64_t{25}, .min = 1, .max = longest / 2, .step = 1, .unit = "tokens",
       .when = {{.key = "random", .among = {true}}}},
      {.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 99, .step = 1,
       .when = {{.key = "random", .among = {true}}}},
      {.key = "layer", .initial = std::int64_t{-1}, .min = -1, .max = layers - 1, .step = 1, .forward = false},
      {.key = "head", .initial = std::int64_t{-1}, .min = -1, .max = heads - 1, .step = 1, .forward = false},
  };
}

Result<Snapshot> HeadsLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
