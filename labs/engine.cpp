// The engine: what the program can ask of the library of labs, joined from labs/model and the list of labs.
#include "labs/engine.h"

#include <chrono>

#include <ATen/ATen.h>

#include "base/memory.h"
#include "labs/functions.h"
#include "labs/generate.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/lora.h"
#include "labs/model/model.h"
#include "labs/model/safetensors.h"
#include "labs/model/transformer.h"

namespace tb {

namespace {

// One tensor for each point, one at a time: those computed on demand are gone again before the next.
Result<TraceReport> write(const Context& context, const Probes& probes, const TraceRequest& request) {
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

Result<std::vector<Intervention>> parsed(const std::vector<std::string>& specs, const Model& model) {
  std::vector<Intervention> all;
  for (const std::string& spec : specs) {
    auto one = Intervention::parse(spec, model.transformer().config());
    if (!one) return tl::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  return all;
}

Result<TraceReport> trace_into_file(Model& model, const TraceRequest& request,
                                    std::span<const Intervention> interventions, std::shared_ptr<const Lora> adapter,
                                    const Progress& progress) {
  const auto probes = Probes::of(model, request.points);
  if (!probes) return tl::unexpected(probes.error());
  Context context(model);
  context.use(std::move(adapter));
  if (const auto done = context.run(request.ids, *probes, interventions, progress); !done)
    return tl::unexpected(done.error());
  return guarded(request.out, [&] { return write(context, *probes, request); });
}

// What a Steering names, read.
struct Steered {
  std::vector<Intervention> interventions;
  std::shared_ptr<const Lora> adapter;

  static Result<Steered> of(const Steering& steering, const Model& model) {
    Steered steered;
    auto interventions = parsed(steering.interventions, model);
    if (!interventions) return tl::unexpected(interventions.error());
    steered.interventions = std::move(*interventions);
    if (steering.adapter.empty()) return steered;
    auto lora = Lora::load(steering.adapter, model.transformer().config(), model.transformer().device());
    if (!lora) return tl::unexpected(lora.error());
    steered.adapter = std::make_shared<Lora>(std::move(*lora));
    return steered;
  }
};

class TorchSteeredEngine : public SteeredEngine {
 public:
  Result<Generated> generate(Model& model, const GenerateRequest& request, const Steering& steering,
                             const Progress& progress) override {
    const auto steered = Steered::of(steering, model);
    if (!steered) return tl::unexpected(steered.error());
    return write_on(model, request, steered->interventions, steered->adapter, progress);
  }

  Result<TraceReport> trace(Model& model, const TraceRequest& request, const Steering& steering,
                            const Progress& progress) override {
    Steering all = steering;
    all.interventions.insert(all.interventions.begin(), request.interventions.begin(), request.interventions.end());
    const auto steered = Steered::of(all, model);
    if (!steered) return tl::unexpected(steered.error());
    return trace_into_file(model, request, steered->interventions, steered->adapter, progress);
  }
};

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
    return write_on(model, request, {}, nullptr, progress);
  }

  Result<TraceReport> trace(Model& model, const TraceRequest& request, const Progress& progress) override {
    const auto interventions = parsed(request.interventions, model);
    if (!interventions) return tl::unexpected(interventions.error());
    return trace_into_file(model, request, *interventions, nullptr, progress);
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
};

}  // namespace

Engine& torch_engine() {
  static TorchEngine engine;
  return engine;
}

SteeredEngine& torch_steered_engine() {
  static TorchSteeredEngine engine;
  return engine;
}

}  // namespace tb
