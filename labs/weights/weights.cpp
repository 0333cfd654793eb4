#include "labs/weights/weights.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/memory.h"
#include "labs/columns.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"

namespace tb {
namespace {

struct Part {
  std::string name;
  std::vector<const Matrix*> matrices;
};

std::vector<Part> parts_of(const Weights& weights, const Config& config) {
  std::vector<Part> parts = {{"embedding", {&weights.embedding}}, {"attention", {}}, {"mlp", {}}, {"head", {}}};
  for (const Block& block : weights.blocks) {
    for (const Matrix* matrix : {&block.qkv, &block.out}) parts[1].matrices.push_back(matrix);
    if (config.d_mlp > 0)
      for (const Matrix* matrix : {&block.gate_up, &block.down}) parts[2].matrices.push_back(matrix);
  }
  if (!config.tied_head) parts[3].matrices.push_back(&weights.head);
  return parts;
}

void add_parts(Snapshot& snapshot, const Transformer& transformer, const ModelInfo& info) {
  std::vector<std::string> names;
  std::vector<double> numbers, dense, blocks;
  std::int64_t dense_bytes = 0;
  for (const Part& part : parts_of(transformer.weights(), transformer.config())) {
    std::int64_t count = 0, in_numbers = 0, in_blocks = 0;
    for (const Matrix* matrix : part.matrices) {
      count += matrix->out() * matrix->in();
      if (matrix->dense.defined()) in_numbers += static_cast<std::int64_t>(matrix->dense.nbytes());
      if (matrix->bias.defined()) in_numbers += static_cast<std::int64_t>(matrix->bias.nbytes());
      in_blocks += matrix->block_bytes();
    }
    names.push_back(part.name);
    numbers.push_back(static_cast<double>(count));
    dense.push_back(static_cast<double>(in_numbers));
    blocks.push_back(static_cast<double>(in_blocks));
    dense_bytes += in_numbers;
  }
  const std::int64_t norms = info.weight_bytes - info.block_bytes - dense_bytes;   // what is left
  names.push_back("norms");
  numbers.push_back(static_cast<double>(norms) / sizeof(float));
  dense.push_back(static_cast<double>(norms));
  blocks.push_back(0);
  add_texts(snapshot, "parts.name", std::move(names));
  add_numbers(snapshot, "parts.numbers", "", std::move(numbers));
  add_numbers(snapshot, "parts.dense", "byte", std::move(dense));
  add_numbers(snapshot, "parts.blocks", "byte", std::move(blocks));
}

// The same weights, each matrix through `change`.
Weights changed(const Weights& from, bool tied, const std::function<Matrix(const Matrix&, bool in_block)>& change) {
  Weights weights = from;
  weights.embedding = change(from.embedding, false);
  weights.head = tied ? weights.embedding : change(from.head, false);
  for (Block& block : weights.blocks)
    for (Matrix* matrix : {&block.qkv, &block.out, &block.gate_up, &block.down})
      if (matrix->dense.defined() || !matrix->blocks.empty()) *matrix = change(*matrix, true);
  return weights;
}

Matrix as_numbers(const Matrix& matrix, bool) { return {.dense = unpacked(matrix), .bias = matrix.bias}; }

Matrix as_blocks(const Matrix& matrix, bool) {
  Matrix blocks = matrix;
  if (!matrix.blocks.empty()) blocks.dense = at::Tensor();
  return blocks;
}

// As --dtype bfloat16 loads them: embedding and head stay float32.
Matrix as_bfloat16(const Matrix& matrix, bool in_block) {
  const at::Tensor numbers = unpacked(matrix);
  return {.dense = in_block ? numbers.to(at::kBFloat16) : numbers, .bias = matrix.bias};
}

// Logits of all positions, [pos, vocab], `step` tokens at a time; undefined if stopped.
at::Tensor logits_of(const Config& config, Weights weights, const at::Tensor& ids, std::int64_t step,
                     const Progress& progress) {
  const Transformer transformer(config, std::move(weights));
  KvCache cache(config, transformer.device());
  cache.reserve(ids.size(0));
  std::vector<at::Tensor> rows;
  for (std::int64_t first = 0; first < ids.size(0); first += step) {
    Run run{.cache = &cache, .first = first, .stopped = [&] { return progress.stop.stop_requested(); }};
    const at::Tensor x = transformer.forward(ids.slice(0, first, std::min(first + step, ids.size(0))), run);
    if (!x.defined()) return {};
    rows.push_back(transformer.logits(x));
  }
  return at::cat(rows);
}

// costs.*: every form against float32 numbers.
Result<void> add_costs(Snapshot& snapshot, const Job& job, const std::vector<std::int64_t>& ids) {
  std::vector<std::string> forms;
  std::vector<double> means, largest, agreement;
  const Transformer& transformer = job.model->transformer();
  const ModelInfo& info = job.model->info();
  const std::int64_t other_forms = info.parameters * 6;   // bytes: float32 and bfloat16
  const bool roomy = transformer.device().is_cuda() || other_forms < available_memory() / 2;
  if (info.dtype == "float32" && roomy) {
    const Config& config = transformer.config();
    const Weights& weights = transformer.weights();
    const c10::InferenceMode no_gradients;
    const at::Tensor tokens = at::tensor(ids, at::kLong).to(transformer.device());
    const auto n = static_cast<std::int64_t>(ids.size());
    const at::Tensor exact = logits_of(config, changed(weights, config.tied_head, as_numbers), tokens, n, job.progress);
    const auto compare = [&](const char* form, const auto& change, std::int64_t step) {
      if (!exact.defined()) return false;
      const Weights changed_ones = changed(weights, config.tied_head, change);
      const at::Tensor other = logits_of(config, changed_ones, tokens, step, job.progress);
      if (!other.defined()) return false;
      const at::Tensor difference = (exact - other).abs();
      forms.push_back(form);
      means.push_back(difference.mean(at::kDouble).item<double>());
      largest.push_back(difference.max().item<double>());
      agreement.push_back(exact.argmax(-1).eq(other.argmax(-1)).to(at::kDouble).mean().item<double>());
      return true;
    };
    // Blocks one token at a time, as they are used when a model writes: many rows would be unpacked first.
    if (info.block_bytes > 0 && !compare("blocks", as_blocks, 1)) return fail("job.stopped", "weights");
    if (!compare("bfloat16", as_bfloat16, n)) return fail("job.stopped", "weights");
  }
  add_texts(snapshot, "costs.form", std::move(forms));
  add_numbers(snapshot, "costs.mean", "logit", std::move(means));
  add_numbers(snapshot, "costs.max", "logit", std::move(largest));
  add_numbers(snapshot, "costs.agreement", "", std::move(agreement));
  return {};
}

}  // namespace

std::vector<Field> WeightsLab::fields(const Model*) const {
  constexpr double longest_prompt = 2000;   // bytes
  return {{.key = "prompt", .initial = std::string("The capital of France is Paris, and the capital of Italy is"),
           .max = longest_prompt}};
}

Result<Snapshot> WeightsLab::run(Job& job) const {
  const auto start_time = std::chrono::steady_clock::now();
  const Tokenizer& tokenizer = job.model->tokenizer();
  const Encoding encoding = tokenizer.encode(text_input(job.inputs, "prompt"));
  const std::vector<std::int64_t> ids = encoding.ids();
  const auto n = static_cast<std::int64_t>(ids.size());
  if (n == 0) return no_token(tokenizer, "prompt");
  if (n > longest) return fail("lab.too_long", "prompt", {std::to_string(n), std::to_string(longest)});

  Snapshot snapshot = begin_snapshot(type(), job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", tokenizer, ids);
  add_unencodable(snapshot, encoding);
  add_texts(snapshot, "form.name", {job.model->info().weights});
  add_parts(snapshot, job.model->transformer(), job.model->info());
  const auto done = guarded("weights", [&] { return add_costs(snapshot, job, ids); });
  if (!done) return tl::unexpected(done.error());
  snapshot.tokens_computed = n;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace tb
