// The engine: what the program can ask of the library of labs, joined from labs/model and the list of labs.
#include "labs/engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

#include "base/memory.h"
#include "labs/functions.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/safetensors.h"
#include "labs/model/sampling.h"
#include "labs/model/transformer.h"

namespace tb {

namespace {

Result<void> check(const GenerateRequest& r, std::int64_t vocabulary) {
  const auto refuse = [](const char* key, double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return fail("generate.range", key, {key, text});
  };
  if (r.max_tokens < 0) return refuse("max-tokens", static_cast<double>(r.max_tokens));
  if (!(r.temperature >= 0) || !std::isfinite(r.temperature)) return refuse("temperature", r.temperature);
  if (r.top_k < 0) return refuse("top-k", static_cast<double>(r.top_k));
  if (!(r.top_p > 0 && r.top_p <= 1)) return refuse("top-p", r.top_p);
  if (!(r.min_p >= 0 && r.min_p <= 1)) return refuse("min-p", r.min_p);
  if (!(r.repetition_penalty > 0) || !std::isfinite(r.repetition_penalty))
    return refuse("repetition-penalty", r.repetition_penalty);
  for (const auto& [id, bias] : r.logit_bias) {
    if (id < 0 || id >= vocabulary)
      return fail("run.id", "logit-bias", {std::to_string(id), std::to_string(vocabulary - 1)});
    if (std::isnan(bias) || bias == INFINITY) return refuse("logit-bias", bias);
  }
  if (r.top < 0) return refuse("top", static_cast<double>(r.top));
  return {};
}

// The `count` tokens with the largest logits, ties to the lower id. What is no number counts as the least.
std::vector<Alternative> alternatives(const Tokenizer& tokenizer, std::span<const float> logits,
                                      const std::vector<double>& logprobs, std::int64_t count) {
  if (count == 0) return {};
  std::vector<std::int64_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  const auto end = ids.begin() + std::min<std::int64_t>(count, static_cast<std::int64_t>(ids.size()));
  const auto rank = [&](std::int64_t id) { return std::isnan(logits[id]) ? -INFINITY : logits[id]; };
  std::partial_sort(ids.begin(), end, ids.end(), [&](std::int64_t a, std::int64_t b) {
    return rank(a) > rank(b) || (rank(a) == rank(b) && a < b);
  });
  std::vector<Alternative> result;
  for (auto id = ids.begin(); id != end; ++id)
    result.push_back({*id, std::string(tokenizer.bytes(*id)), logits[*id], logprobs[*id]});
  return result;
}

class TorchEngine : public Engine {
 public:
  Result<std::shared_ptr<Model>> load(const LoadOptions& options, const Progress& progress) override {
    auto model = guarded(options.path, [&] { return Model::load(options, progress); });
    return_freed_memory();
    return model;
  }

  ModelInfo info(const Model& model) const override { return model.info(); }
  std::span<const Lab* const> labs() const override { return labs_on_functions(); }

  Result<Generated> generate(Model& model, const GenerateRequest& request, const Progress& progress) override {
    if (const auto valid = check(request, model.info().vocabulary); !valid) return tl::unexpected(valid.error());
    const Tokenizer& tokenizer = model.tokenizer();
    const SamplingOptions sampling{.logit_bias = request.logit_bias, .repetition_penalty = request.repetition_penalty,
                                   .temperature = request.temperature, .top_k = request.top_k,
                                   .top_p = request.top_p, .min_p = request.min_p};
    Random random(request.seed);
    Context context(model);
    std::vector<std::int64_t> ids = request.ids;
    Generated result;
    for (std::int64_t step = 0; step < request.max_tokens; ++step) {
      // Run what is new: the prompt first, then one token after the other.
      const auto done = context.run(ids, Probes(), {}, {.stop = progress.stop, .report = {}});
      if (!done) return tl::unexpected(done.error());
      const at::Tensor last = context.last_logits();
      const std::span<const float> logits(last.const_data_ptr<float>(), static_cast<std::size_t>(last.numel()));

      // Choose: the most probable token, or a draw.
      std::int64_t id = 0;
      if (request.temperature == 0) {
        const std::vector<double> adjusted = adjusted_logits(logits, ids, sampling);
        id = std::max_element(adjusted.begin(), adjusted.end()) - adjusted.begin();
      } else {
        id = sample(distribution(logits, sampling, ids), random.uniform());
      }
      const std::vector<double> logprobs = log_softmax(logits);
      result.steps.push_back({id, logits[id], logprobs[id], alternatives(tokenizer, logits, logprobs, request.top)});
      result.ids.push_back(id);
      result.bytes += tokenizer.bytes(id);
      if (request.step) request.step(result.steps.back(), tokenizer.bytes(id));
      if (progress.report)
        progress.report(static_cast<double>(step + 1) / static_cast<double>(request.max_tokens), "generate");

      ids.push_back(id);
      const bool ends = tokenizer.ends(id) || std::ranges::find(request.stop, id) != request.stop.end();
      if (ends || static_cast<std::int64_t>(ids.size()) > model.info().context) break;
    }
    return result;
  }

  Result<TraceReport> trace(Model& model, const TraceRequest& request, const Progress& progress) override {
    const auto probes = Probes::of(model, request.points);
    if (!probes) return tl::unexpected(probes.error());
    std::vector<Intervention> interventions;
    for (const std::string& spec : request.interventions) {
      const auto parsed = Intervention::parse(spec, model.transformer().config());
      if (!parsed) return tl::unexpected(parsed.error());
      interventions.push_back(*parsed);
    }
    Context context(model);
    if (const auto done = context.run(request.ids, *probes, interventions, progress); !done)
      return tl::unexpected(done.error());
    return guarded(request.out, [&] { return write(context, *probes, request); });
  }

  Result<std::vector<double>> time(Model& model, const TimingRequest& request) override {
    const auto probes = Probes::of(model, request.points);
    if (!probes) return tl::unexpected(probes.error());
    if (request.ids.empty()) return fail("run.empty", "ids");
    const auto changed = static_cast<std::size_t>(request.changed) % request.ids.size();
    Context context(model);
    std::vector<double> seconds;
    for (std::int64_t run = 0; run < request.runs; ++run) {
      // Another token each time, or the context would know everything already.
      std::vector<std::int64_t> ids = request.ids;
      ids[changed] = (ids[changed] + run) % model.info().vocabulary;
      const auto start = std::chrono::steady_clock::now();
      if (const auto done = context.run(ids, *probes, {}, {}); !done) return tl::unexpected(done.error());
      seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return_freed_memory();
    if (request.held) request.held(context.cache_bytes() + context.trace_bytes());
    return seconds;
  }

 private:
  // One tensor for each point, one at a time: those computed on demand are gone again before the next.
  static Result<TraceReport> write(const Context& context, const Probes& probes, const TraceRequest& request) {
    using Entry = SafetensorsEntry;
    std::vector<Entry> entries = {{"tokens", Entry::Type::i64, {static_cast<std::int64_t>(request.ids.size())}}};
    for (const Probe& probe : probes.points())
      entries.push_back({probe.name, Entry::Type::f32, context.point(probe.name).sizes().vec()});
    auto writer = SafetensorsWriter::create(request.out, entries, {{"format", "pt"}});
    if (!writer) return tl::unexpected(writer.error());
    TraceReport report;
    for (const Entry& entry : writer->entries()) {
      Result<void> written;
      if (entry.type == Entry::Type::i64) {
        written = writer->write(entry.name, std::span<const std::int64_t>(request.ids));
      } else {
        const at::Tensor point = context.point(entry.name).contiguous();
        written = writer->write(entry.name, {point.const_data_ptr<float>(), static_cast<std::size_t>(point.numel())});
      }
      if (!written) return tl::unexpected(written.error());
      report.points.push_back({.name = entry.name, .unit = "", .shape = entry.shape, .data = {}});
    }
    if (const auto finished = writer->finish(); !finished) return tl::unexpected(finished.error());
    return report;
  }
};

}  // namespace

Engine& torch_engine() {
  static TorchEngine engine;
  return engine;
}

}  // namespace tb
