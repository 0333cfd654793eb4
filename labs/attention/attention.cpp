#include "labs/attention/attention.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include <ATen/ATen.h>

#include "labs/columns.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"

namespace tb {
namespace {

constexpr double longest_prompt = 2000;   // bytes

std::string point(std::int64_t layer, std::string_view name) {
  return "blocks." + std::to_string(layer) + ".attn." + std::string(name);
}

// Every layer is captured at once, so that moving to another layer or head computes no token.
// q and k rather than scores: a cached row was computed before later keys existed, q and k give every pair.
const std::vector<std::string> captured = {"blocks.*.attn.pattern", "blocks.*.attn.q", "blocks.*.attn.k"};

// pattern [head, query, key]: drops key 0 and divides each row by what is left.
void drop_sink(std::vector<double>& pattern, std::int64_t heads, std::int64_t n) {
  for (std::int64_t row = 0; row < heads * n; ++row) {
    double* weights = pattern.data() + row * n;
    weights[0] = 0;
    double rest = 0;
    for (std::int64_t key = 1; key < n; ++key) rest += weights[key];
    if (rest <= 0) continue;
    for (std::int64_t key = 1; key < n; ++key) weights[key] /= rest;
  }
}

// Mean weight on key 0 by the queries that have a choice, one for each head.
std::vector<double> sink_shares(const std::vector<double>& pattern, std::int64_t heads, std::int64_t n) {
  std::vector<double> shares(heads, n > 1 ? 0.0 : 1.0);
  for (std::int64_t head = 0; head < heads; ++head)
    for (std::int64_t query = 1; query < n; ++query)
      shares[head] += pattern[(head * n + query) * n] / static_cast<double>(n - 1);
  return shares;
}

// q [d_head] of one query and head against every key's k [key, d_head], scaled.
std::vector<double> scores_of_row(const at::Tensor& q, const at::Tensor& k) {
  const at::Tensor wide = k.to(at::kDouble).mv(q.to(at::kDouble)) / std::sqrt(static_cast<double>(q.numel()));
  const double* data = wide.const_data_ptr<double>();
  return {data, data + wide.numel()};
}

void add_row(Snapshot& snapshot, const std::vector<double>& scores, std::int64_t query, bool without_sink) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> masked = scores, exponential, weight;
  for (std::size_t key = 0; key < scores.size(); ++key)
    if (static_cast<std::int64_t>(key) > query || (without_sink && key == 0)) masked[key] = -infinity;
  const double max = *std::max_element(masked.begin(), masked.end());
  double sum = 0;
  for (const double score : masked) {
    exponential.push_back(score == -infinity ? 0 : std::exp(score - max));
    sum += exponential.back();
  }
  for (const double x : exponential) weight.push_back(sum > 0 ? x / sum : 0);
  add_numbers(snapshot, "row.score", "logit", scores);
  add_numbers(snapshot, "row.masked", "logit", std::move(masked));
  add_numbers(snapshot, "row.exp", "", std::move(exponential));
  add_numbers(snapshot, "row.weight", "probability", std::move(weight));
  add_number(snapshot, "row.max", "logit", max);
  add_number(snapshot, "row.sum", "", sum);
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Tokenizer& tokenizer = job.model->tokenizer();
  const ModelInfo& info = job.model->info();
  const Encoding encoding = tokenizer.encode(text_input(job.inputs, "prompt"));
  const std::vector<std::int64_t> ids = encoding.ids();
  const auto n = static_cast<std::int64_t>(ids.size());
  if (n == 0) return no_token(tokenizer, "prompt");
  if (n > AttentionLab::longest)
    return fail("lab.too_long", "prompt", {std::to_string(n), std::to_string(AttentionLab::longest)});

  // Run the model and keep every layer's pattern.
  auto* context = dynamic_cast<Context*>(job.kept.get());
  if (!context) {
    job.kept = std::make_unique<Context>(*job.model);
    context = static_cast<Context*>(job.kept.get());
  }
  const auto probes = Probes::of(*job.model, captured);
  if (!probes) return tl::unexpected(probes.error());
  const auto report = context->run(ids, *probes, {}, job.progress);
  if (!report) return tl::unexpected(report.error());

  // Take one layer of it.
  const std::int64_t heads = info.n_heads;
  const std::int64_t layer = std::min(integer_input(job.inputs, "layer"), info.n_layers - 1);
  const std::int64_t head = std::min(integer_input(job.inputs, "head"), heads - 1);
  const std::int64_t wanted = integer_input(job.inputs, "query");
  const std::int64_t query = std::clamp(wanted < 0 ? n + wanted : wanted, std::int64_t{0}, n - 1);
  const bool without_sink = switch_input(job.inputs, "without-sink");
  const at::Tensor captured_pattern = context->point(point(layer, "pattern")).contiguous();   // [head, query, key]
  const float* first = captured_pattern.const_data_ptr<float>();
  std::vector<double> pattern(first, first + captured_pattern.numel());
  std::vector<double> sink = sink_shares(pattern, heads, n);
  if (without_sink) drop_sink(pattern, heads, n);

  // The row as numbers. Heads share keys in groups: n_heads / n_kv_heads queries look through one set of keys.
  const std::int64_t kv_head = head / (info.n_heads / info.n_kv_heads);
  const at::Tensor q = context->point(point(layer, "q")).select(0, query).select(0, head);   // [d_head]
  const at::Tensor k = context->point(point(layer, "k")).select(1, kv_head);                 // [key, d_head]

  Snapshot snapshot = begin_snapshot("attention", job.inputs, info);
  add_token_columns(snapshot, "tokens", tokenizer, ids);
  add_unencodable(snapshot, encoding);
  add_numbers(snapshot, "attention.pattern", "probability", std::move(pattern), {heads, n, n});
  add_numbers(snapshot, "attention.sink", "probability", std::move(sink));
  add_row(snapshot, scores_of_row(q, k), query, without_sink);
  add_number(snapshot, "row.layer", "", static_cast<double>(layer));
  add_number(snapshot, "row.head", "", static_cast<double>(head));
  add_number(snapshot, "row.query", "", static_cast<double>(query));
  snapshot.tokens_computed = report->computed;
  snapshot.tokens_reused = report->reused;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> AttentionLab::fields(const Model* model) const {
  const double layers = model ? static_cast<double>(model->info().n_layers) : 200;
  const double heads = model ? static_cast<double>(model->info().n_heads) : 200;
  const double rows = longest;
  return {
      {.key = "prompt", .initial = std::string("When John and Mary went to the store, John gave a drink to"),
       .max = longest_prompt},
      {.key = "layer", .initial = std::int64_t{16}, .min = 0, .max = layers - 1, .step = 1, .forward = false},
      {.key = "head", .initial = std::int64_t{0}, .min = 0, .max = heads - 1, .step = 1, .forward = false},
      {.key = "query", .initial = std::int64_t{-1}, .min = -rows, .max = rows - 1, .step = 1, .forward = false},
      {.key = "without-sink", .initial = false, .forward = false},
  };
}

Result<Snapshot> AttentionLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
