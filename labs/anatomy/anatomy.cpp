#include "labs/anatomy/anatomy.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include <ATen/ATen.h>

#include "labs/anatomy/parts.h"
#include "labs/anatomy/timing.h"
#include "labs/columns.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"
#include "labs/reading.h"

namespace tb {
namespace {

constexpr double longest_prompt = 4000;   // bytes
constexpr double longest_name = 40;       // bytes: a part's
constexpr std::size_t largest_shown = 8;
constexpr double time_budget = 0.15;      // seconds
constexpr std::int64_t most_passes = 5;

struct AnatomySession : Session {
  std::unique_ptr<Context> context;
  std::vector<std::int64_t> timed_ids;
  Timing timing;
};

struct Bytes { std::int64_t dense = 0, blocks = 0; };

Bytes operator+(Bytes a, Bytes b) { return {a.dense + b.dense, a.blocks + b.blocks}; }

// Rows first .. first + rows - 1 of a matrix, whose blocks are one tensor below the other.
Bytes bytes_of_rows(const Matrix& matrix, std::int64_t first, std::int64_t rows) {
  Bytes bytes;
  if (matrix.dense.defined())
    bytes.dense = rows * matrix.in() * static_cast<std::int64_t>(matrix.dense.element_size());
  if (matrix.bias.defined()) bytes.dense += rows * static_cast<std::int64_t>(matrix.bias.element_size());
  std::int64_t start = 0;
  for (const TensorInfo& tensor : matrix.blocks) {
    if (start >= first && start < first + rows) bytes.blocks += static_cast<std::int64_t>(tensor.bytes.size());
    start += tensor.rows();
  }
  return bytes;
}

Bytes bytes_of_gain(const at::Tensor& gain) {
  return {gain.defined() ? static_cast<std::int64_t>(gain.nbytes()) : 0, 0};
}

// What a part takes in memory, in the block `layer`.
Bytes bytes_of(const Transformer& transformer, const Part& part, std::int64_t layer) {
  const Config& c = transformer.config();
  const Weights& weights = transformer.weights();
  const auto whole = [](const Matrix& matrix) { return bytes_of_rows(matrix, 0, matrix.out()); };
  if (part.name == "embedding") return whole(weights.embedding);
  if (part.name == "final_norm") return bytes_of_gain(weights.final_norm);
  if (part.name == "head") return c.tied_head ? Bytes() : whole(weights.head);
  const Block& block = weights.blocks[static_cast<std::size_t>(layer)];
  const std::int64_t q = c.n_heads * c.d_head, kv = c.n_kv_heads * c.d_head;
  if (part.name == "norm1") return bytes_of_gain(block.norm1);
  if (part.name == "norm2") return bytes_of_gain(block.norm2);
  if (part.name == "attn.q") return bytes_of_rows(block.qkv, 0, q);
  if (part.name == "attn.k") return bytes_of_rows(block.qkv, q, kv);
  if (part.name == "attn.v") return bytes_of_rows(block.qkv, q + kv, kv);
  if (part.name == "attn.rotate") return bytes_of_gain(block.q_norm) + bytes_of_gain(block.k_norm);
  if (part.name == "attn.out") return whole(block.out);
  if (part.name == "mlp.gate") return bytes_of_rows(block.gate_up, 0, c.d_mlp);
  if (part.name == "mlp.up") return bytes_of_rows(block.gate_up, c.d_mlp, c.d_mlp);
  if (part.name == "mlp.down") return whole(block.down);
  Bytes sum;
  if (!holds_others(part)) return sum;
  for (const Part& inner : parts_of(c)) {
    const bool inside = part.name == "block" || inner.name.starts_with(part.name + ".");
    if (inner.in_block && !holds_others(inner) && inside) sum = sum + bytes_of(transformer, inner, layer);
  }
  return sum;
}

void add_model(Snapshot& snapshot, const Transformer& transformer) {
  const Config& c = transformer.config();
  const std::pair<const char*, std::int64_t> sizes[] = {
      {"layers", c.n_layers}, {"heads", c.n_heads},         {"kv_heads", c.n_kv_heads}, {"width", c.d_model},
      {"mlp", c.d_mlp},       {"head_width", c.d_head},     {"vocabulary", c.vocabulary}, {"context", c.context},
      {"parameters", parameters_of(c)}, {"tied", c.tied_head}};
  for (const auto& [name, value] : sizes)
    add_number(snapshot, std::string("model.") + name, "", static_cast<double>(value));
  std::vector<std::string> names, formulas;
  std::vector<double> times, parameters, dense, blocks;
  for (const Part& part : parts_of(c)) {
    const Bytes bytes = bytes_of(transformer, part, 0);
    names.push_back(part.name);
    formulas.push_back(part.formula);
    times.push_back(part.in_block ? static_cast<double>(c.n_layers) : 1);
    parameters.push_back(static_cast<double>(part.parameters));
    dense.push_back(static_cast<double>(bytes.dense));
    blocks.push_back(static_cast<double>(bytes.blocks));
  }
  add_texts(snapshot, "parts.name", std::move(names));
  add_texts(snapshot, "parts.formula", std::move(formulas));
  add_numbers(snapshot, "parts.times", "", std::move(times));
  add_numbers(snapshot, "parts.parameters", "", std::move(parameters));
  add_numbers(snapshot, "parts.dense", "byte", std::move(dense));
  add_numbers(snapshot, "parts.blocks", "byte", std::move(blocks));
}

void add_part(Snapshot& snapshot, const Transformer& transformer, const PartPlace& place) {
  const Bytes bytes = bytes_of(transformer, place.part, place.layer);
  add_texts(snapshot, "part.name", {name_of(place)});
  add_texts(snapshot, "part.kind", {place.part.name});
  add_texts(snapshot, "part.formula", {place.part.formula});
  add_numbers(snapshot, "part.shape", "", {place.part.shape.begin(), place.part.shape.end()});
  add_number(snapshot, "part.layer", "", static_cast<double>(place.layer));
  add_number(snapshot, "part.parameters", "", static_cast<double>(place.part.parameters));
  add_number(snapshot, "part.dense", "byte", static_cast<double>(bytes.dense));
  add_number(snapshot, "part.blocks", "byte", static_cast<double>(bytes.blocks));
  add_number(snapshot, "part.share", "probability",
             static_cast<double>(place.part.parameters) / static_cast<double>(parameters_of(transformer.config())));
}

// The numbers at the part's point for one token: [rows, columns], double.
at::Tensor vector_at(const Transformer& transformer, const Context& context, const PartPlace& place,
                     std::int64_t query) {
  const Point point = place.part.point;
  if (point == Point::logits) {
    const at::Tensor row = context.point("final_norm").slice(0, query, query + 1);
    return transformer.logits(row.to(transformer.device())).cpu().to(at::kDouble);
  }
  const at::Tensor all = context.point(name_of(point, place.layer));
  if (is_square(point)) return all.select(1, query).slice(1, 0, query + 1).to(at::kDouble);   // [head, key]
  const at::Tensor row = all.select(0, query).to(at::kDouble);
  return row.dim() == 1 ? row.unsqueeze(0) : row;
}

void add_vector(Snapshot& snapshot, const Tokenizer& tokenizer, const at::Tensor& values, bool logits) {
  const at::Tensor flat = values.contiguous().flatten();
  const std::span<const double> numbers(flat.const_data_ptr<double>(), static_cast<std::size_t>(flat.numel()));
  std::vector<std::int64_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const auto size = [&](std::int64_t i) { return logits ? numbers[i] : std::abs(numbers[i]); };
  const std::size_t shown = std::min(largest_shown, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                    [&](std::int64_t a, std::int64_t b) { return size(a) != size(b) ? size(a) > size(b) : a < b; });
  order.resize(shown);
  std::vector<double> index, value;
  for (const std::int64_t i : order) {
    index.push_back(static_cast<double>(i));
    value.push_back(numbers[i]);
  }
  add_tensor(snapshot, "vector.values", "", logits ? values.slice(1, 0, 0) : values);
  add_number(snapshot, "vector.size", "", static_cast<double>(numbers.size()));
  add_number(snapshot, "vector.norm", "", flat.norm().item<double>());
  add_number(snapshot, "vector.mean", "", flat.mean().item<double>());
  add_number(snapshot, "vector.deviation", "", flat.std(/*unbiased=*/false).item<double>());
  add_number(snapshot, "vector.least", "", flat.min().item<double>());
  add_number(snapshot, "vector.most", "", flat.max().item<double>());
  add_numbers(snapshot, "largest.index", "", std::move(index));
  add_numbers(snapshot, "largest.value", logits ? "logit" : "", std::move(value));
  if (logits) add_token_columns(snapshot, "largest", tokenizer, order);
}

// [way]
// One token's way down the stream.
void add_layers(Snapshot& snapshot, const Context& context, const Config& config, std::int64_t query) {
  const auto row = [&](Point point, std::int64_t layer) {
    return context.point(name_of(point, layer)).select(0, query).to(at::kDouble);
  };
  std::vector<double> norm, attn, mlp, cosine;
  at::Tensor before = row(Point::embed, -1);
  norm.push_back(before.norm().item<double>());
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    const at::Tensor after = row(Point::resid_post, layer);
    norm.push_back(after.norm().item<double>());
    attn.push_back(row(Point::attn_out, layer).norm().item<double>());
    mlp.push_back(config.d_mlp > 0 ? row(Point::mlp_out, layer).norm().item<double>() : 0);
    const double lengths = norm[norm.size() - 2] * norm.back();
    cosine.push_back(lengths > 0 ? before.dot(after).item<double>() / lengths : 0);
    before = after;
  }
  add_numbers(snapshot, "layers.norm", "", std::move(norm));
  add_numbers(snapshot, "layers.attn", "", std::move(attn));
  add_numbers(snapshot, "layers.mlp", "", std::move(mlp));
  add_numbers(snapshot, "layers.cosine", "", std::move(cosine));
}
// [/way]

// The same of all tokens but the first, which is unlike the others: [.., 3], the least, the median, the largest.
void add_spread(Snapshot& snapshot, const Context& context, const Config& config) {
  const auto rows = [&](Point point, std::int64_t layer) {
    return context.point(name_of(point, layer)).slice(0, 1).to(at::kDouble);   // [pos - 1, d_model]
  };
  at::Tensor before = rows(Point::embed, -1);
  if (before.size(0) == 0) return;
  std::vector<at::Tensor> norms = {before.norm(2, 1)}, cosines;
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    const at::Tensor after = rows(Point::resid_post, layer);
    norms.push_back(after.norm(2, 1));
    cosines.push_back(at::cosine_similarity(before, after, 1));
    before = after;
  }
  const auto add = [&](const char* name, const std::vector<at::Tensor>& steps) {
    const at::Tensor all = at::stack(steps);                                   // [step, pos - 1]
    const at::Tensor median = std::get<0>(all.median(1));                      // of two in the middle, the lower
    add_tensor(snapshot, name, "", at::stack({all.amin(1), median, all.amax(1)}, 1));
  };
  add("spread.norm", norms);
  add("spread.cosine", cosines);
}

void add_times(Snapshot& snapshot, const Timing& timing, const std::string& kind, std::size_t tokens) {
  std::vector<std::string> names;
  std::vector<double> seconds, share;
  const std::string with = timed_with(kind);
  double of_part = 0;
  bool known = false;
  for (const PartTime& part : timing.parts) {
    names.push_back(part.name);
    seconds.push_back(part.seconds);
    share.push_back(part.seconds / timing.seconds());
    const bool outside_blocks = part.name == "embedding" || part.name == "final_norm" || part.name == "head";
    const bool inside = part.name == with || part.name.starts_with(kind + ".") || (kind == "block" && !outside_blocks);
    if (inside) of_part += share.back();
    known = known || inside;
  }
  add_texts(snapshot, "time.name", std::move(names));
  add_numbers(snapshot, "time.seconds", "second", std::move(seconds));
  add_numbers(snapshot, "time.share", "probability", std::move(share));
  add_number(snapshot, "time.passes", "", static_cast<double>(timing.passes));
  add_number(snapshot, "time.tokens", "token", static_cast<double>(tokens));
  add_number(snapshot, "time.part", "probability", known ? of_part : std::numeric_limits<double>::quiet_NaN());
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Transformer& transformer = job.model->transformer();
  const Config& config = transformer.config();
  const auto place = find_part(config, text_input(job.inputs, "part"), "part");
  if (!place) return tl::unexpected(place.error());
  auto* kept = dynamic_cast<AnatomySession*>(job.kept.get());
  if (!kept) {
    job.kept = std::make_unique<AnatomySession>();
    kept = static_cast<AnatomySession*>(job.kept.get());
  }

  // Run the prompt and keep the stream of every layer, and all points of the block that is looked into.
  std::vector<std::string> points = {"embed", "blocks.*.resid_post", "blocks.*.attn_out", "final_norm"};
  if (config.d_mlp > 0) points.emplace_back("blocks.*.mlp_out");
  if (place->layer >= 0) points.push_back("blocks." + std::to_string(place->layer) + ".*");
  const auto reading = read_text(job, kept->context, "prompt", AnatomyLab::longest, points);
  if (!reading) return tl::unexpected(reading.error());
  const std::int64_t query =
      nearest_row(integer_input(job.inputs, "query"), static_cast<std::int64_t>(reading->ids.size()));

  // Time it, once for each prompt.
  if (kept->timed_ids != reading->ids) {
    kept->timing = time_parts(*job.model, reading->ids, most_passes, time_budget, job.progress);
    if (kept->timing.passes == 0) return fail("job.stopped", "run");
    kept->timed_ids = reading->ids;
  }

  Snapshot snapshot = begin_snapshot("anatomy", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", job.model->tokenizer(), reading->ids);
  add_unencodable(snapshot, reading->encoding);
  add_model(snapshot, transformer);
  add_part(snapshot, transformer, *place);
  add_vector(snapshot, job.model->tokenizer(), vector_at(transformer, *reading->context, *place, query),
             place->part.point == Point::logits);
  add_layers(snapshot, *reading->context, config, query);
  add_spread(snapshot, *reading->context, config);
  add_number(snapshot, "query", "", static_cast<double>(query));
  add_times(snapshot, kept->timing, place->part.name, reading->ids.size());
  snapshot.tokens_computed = reading->report.computed;
  snapshot.tokens_reused = reading->report.reused;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> AnatomyLab::fields(const Model*) const {
  const double rows = longest;
  return {
      {.key = "prompt", .initial = std::string("The capital of France is"), .max = longest_prompt},
      {.key = "part", .initial = std::string("blocks.0.attn.q"), .max = longest_name},
      {.key = "colour", .initial = std::string("parameters"), .choices = {"parameters", "time"}, .forward = false},
      {.key = "query", .initial = std::int64_t{-1}, .min = -rows, .max = rows - 1, .step = 1, .forward = false},
  };
}

Result<Snapshot> AnatomyLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
