#include "labs/rotation/rotation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <numbers>

#include <ATen/ATen.h>

#include "labs/columns.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"

namespace tb {
namespace {

using Pair = std::complex<double>;
constexpr double turn = 2 * std::numbers::pi;

// The pairs of one head's vector [d_head]: number i and number i + d_head/2.
std::vector<Pair> pairs_of(const at::Tensor& vector) {
  const at::Tensor numbers = vector.to(at::kDouble).contiguous();
  const double* x = numbers.const_data_ptr<double>();
  std::vector<Pair> pairs;
  for (std::int64_t i = 0; i < numbers.numel() / 2; ++i) pairs.emplace_back(x[i], x[i + numbers.numel() / 2]);
  return pairs;
}

double within_a_turn(double angle) {
  const double rest = std::fmod(angle, turn);
  return rest < 0 ? rest + turn : rest;
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Config& config = job.model->transformer().config();
  const auto reading = read_prompt(job, RotationLab::longest, {"blocks.*.attn.q", "blocks.*.attn.k"});
  if (!reading) return tl::unexpected(reading.error());
  const auto n = static_cast<std::int64_t>(reading->ids.size());
  const std::int64_t layer = std::min(integer_input(job.inputs, "layer"), config.n_layers - 1);
  const std::int64_t head = std::min(integer_input(job.inputs, "head"), config.n_heads - 1);
  const std::int64_t query = nearest_row(integer_input(job.inputs, "query"), n);
  const std::int64_t key = std::min(nearest_row(integer_input(job.inputs, "key"), n), query);

  // As the model has turned them. Heads share keys in groups.
  const std::int64_t kv_head = head / (config.n_heads / config.n_kv_heads);
  const std::vector<Pair> q = pairs_of(reading->context->point(block_point(layer, "attn.q"))[query][head]);
  const std::vector<Pair> k = pairs_of(reading->context->point(block_point(layer, "attn.k"))[key][kv_head]);
  const double scale = 1 / std::sqrt(static_cast<double>(config.d_head));

  // Two vectors in the plane: their dot product is the real part of one times the other's conjugate.
  std::vector<double> frequency, period, of_query, of_key, angle, length, score;
  std::vector<Pair> products;
  double sum = 0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    const double step = config.frequencies[i];
    products.push_back(q[i] * std::conj(k[i]) * scale);
    frequency.push_back(step);
    period.push_back(turn / step);
    of_query.push_back(within_a_turn(static_cast<double>(query) * step));
    of_key.push_back(within_a_turn(static_cast<double>(key) * step));
    angle.push_back(std::arg(products.back()));
    length.push_back(std::abs(products.back()));
    score.push_back(products.back().real());
    sum += score.back();
  }
  // A key that stands d tokens before the query instead has turned by (query - d) - key steps more.
  std::vector<double> by_distance;
  for (std::int64_t d = 0; d < RotationLab::longest; ++d) {
    double at_distance = 0;
    for (std::size_t i = 0; i < products.size(); ++i)
      at_distance += (products[i] * std::polar(1.0, -frequency[i] * static_cast<double>(query - d - key))).real();
    by_distance.push_back(at_distance);
  }

  Snapshot snapshot = begin_snapshot("rotation", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", job.model->tokenizer(), reading->ids);
  add_unencodable(snapshot, reading->encoding);
  add_number(snapshot, "edge.layer", "", static_cast<double>(layer));
  add_number(snapshot, "edge.head", "", static_cast<double>(head));
  add_number(snapshot, "edge.query", "", static_cast<double>(query));
  add_number(snapshot, "edge.key", "", static_cast<double>(key));
  add_numbers(snapshot, "pair.frequency", "", std::move(frequency));
  add_numbers(snapshot, "pair.period", "token", std::move(period));
  add_numbers(snapshot, "pair.query", "", std::move(of_query));
  add_numbers(snapshot, "pair.key", "", std::move(of_key));
  add_numbers(snapshot, "pair.angle", "", std::move(angle));
  add_numbers(snapshot, "pair.length", "logit", std::move(length));
  add_numbers(snapshot, "pair.score", "logit", std::move(score));
  add_number(snapshot, "score.sum", "logit", sum);
  add_numbers(snapshot, "distance.score", "logit", std::move(by_distance));
  snapshot.tokens_computed = reading->report.computed;
  snapshot.tokens_reused = reading->report.reused;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> RotationLab::fields(const Model* model) const {
  const double layers = model ? static_cast<double>(model->info().n_layers) : 200;
  const double heads = model ? static_cast<double>(model->info().n_heads) : 200;
  const double rows = longest;
  return {
      {.key = "prompt", .initial = std::string("When John and Mary went to the store, John gave a drink to"),
       .max = 4000},
      {.key = "layer", .initial = std::int64_t{16}, .min = 0, .max = layers - 1, .step = 1, .forward = false},
      {.key = "head", .initial = std::int64_t{0}, .min = 0, .max = heads - 1, .step = 1, .forward = false},
      {.key = "query", .initial = std::int64_t{-1}, .min = -rows, .max = rows - 1, .step = 1, .forward = false},
      {.key = "key", .initial = std::int64_t{-2}, .min = -rows, .max = rows - 1, .step = 1, .forward = false},
  };
}

Result<Snapshot> RotationLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
