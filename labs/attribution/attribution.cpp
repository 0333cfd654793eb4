#include "labs/attribution/attribution.h"

#include <algorithm>
#include <chrono>

#include <ATen/ATen.h>

#include "labs/columns.h"
#include "labs/model/analysis/attribution.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"

namespace tb {
namespace {

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Transformer& transformer = job.model->transformer();
  const Config& config = transformer.config();
  const auto reading = read_prompt(job, AttributionLab::longest, attribution_points(config));
  if (!reading) return tl::unexpected(reading.error());
  const Context& context = *reading->context;
  const std::int64_t query =
      nearest_row(integer_input(job.inputs, "query"), static_cast<std::int64_t>(reading->ids.size()));
  const auto question = question_of(job, context, query);
  if (!question) return tl::unexpected(question.error());
  const auto parts = attribute(transformer, context, *question);
  if (!parts) return tl::unexpected(parts.error());

  // Take the terms of one row, and sum them up in the order in which the model adds them.
  const auto of_row = [&](const at::Tensor& terms) { return terms.select(-1, query).contiguous(); };
  const at::Tensor heads = of_row(parts->heads), biases = of_row(parts->biases), mlps = of_row(parts->mlps);
  const at::Tensor attention = heads.sum(1) + biases;                                    // [layer]
  const at::Tensor embedding = parts->embedding[query];
  const at::Tensor by_layer = mlps.numel() > 0 ? attention + mlps : attention;
  const at::Tensor running = at::cat({embedding.view({1}), embedding + by_layer.cumsum(0)});

  // One head by what it read.
  const std::int64_t strongest = heads.abs().argmax().item<std::int64_t>();
  std::int64_t layer = std::min(integer_input(job.inputs, "layer"), config.n_layers - 1);
  std::int64_t head = std::min(integer_input(job.inputs, "head"), config.n_heads - 1);
  if (layer < 0 || head < 0) {
    layer = strongest / config.n_heads;
    head = strongest % config.n_heads;
  }
  const auto sources = attribute_sources(transformer, context, layer, *question);        // [head, query, key]
  if (!sources) return tl::unexpected(sources.error());

  Snapshot snapshot = begin_snapshot("attribution", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", job.model->tokenizer(), reading->ids);
  add_unencodable(snapshot, reading->encoding);
  add_question(snapshot, job.model->tokenizer(), *question);
  add_tensor(snapshot, "parts.embedding", "logit", embedding);
  add_tensor(snapshot, "parts.heads", "logit", heads);
  add_tensor(snapshot, "parts.mlps", "logit", mlps);
  if (transformer.weights().blocks.front().out.bias.defined()) add_tensor(snapshot, "parts.biases", "logit", biases);
  add_tensor(snapshot, "layers.attention", "logit", attention);
  add_tensor(snapshot, "layers.running", "logit", running);
  add_tensor(snapshot, "total.sum", "logit", parts->sum()[query]);
  add_tensor(snapshot, "total.answer", "logit", parts->answer[query]);
  add_number(snapshot, "row.query", "", static_cast<double>(query));
  add_number(snapshot, "chosen.layer", "", static_cast<double>(layer));
  add_number(snapshot, "chosen.head", "", static_cast<double>(head));
  add_tensor(snapshot, "chosen.sources", "logit", (*sources)[head][query]);
  snapshot.tokens_computed = reading->report.computed;
  snapshot.tokens_reused = reading->report.reused;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> AttributionLab::fields(const Model* model) const {
  const double layers = model ? static_cast<double>(model->info().n_layers) : 200;
  const double heads = model ? static_cast<double>(model->info().n_heads) : 200;
  const double rows = longest;
  return {
      {.key = "prompt", .initial = std::string("When John and Mary went to the store, John gave a drink to"),
       .max = 4000},
      {.key = "answer", .initial = std::string("Mary"), .max = 60, .forward = false},
      {.key = "other", .initial = std::string("John"), .max = 60, .forward = false},
      {.key = "order", .initial = std::string("layer"), .choices = {"layer", "size"}, .forward = false},
      {.key = "query", .initial = std::int64_t{-1}, .min = -rows, .max = rows - 1, .step = 1, .forward = false},
      {.key = "layer", .initial = std::int64_t{-1}, .min = -1, .max = layers - 1, .step = 1, .forward = false},
      {.key = "head", .initial = std::int64_t{-1}, .min = -1, .max = heads - 1, .step = 1, .forward = false},
  };
}

Result<Snapshot> AttributionLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
