#include "labs/model/context.h"

#include <algorithm>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "labs/model/edits.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/slots.h"
#include "labs/model/trace.h"
#include "labs/model/transformer.h"

namespace tb {

namespace {

// So many tokens go through the layers at once: enough to keep the processor busy, few enough that the scores of a
// long text stay small.
constexpr std::int64_t chunk = 512;

std::int64_t common_prefix(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  return std::mismatch(a.begin(), a.begin() + shorter, b.begin()).first - a.begin();
}

}  // namespace

struct Context::State {
  Model& model;
  const Transformer& transformer;
  KvCache cache;
  Trace trace;
  Probes probes;
  std::vector<Intervention> interventions;
  Edits edits;                          // the interventions, resolved for the tokens held
  std::shared_ptr<const Lora> adapter;
  std::int64_t adapter_version = 0;     // as it was when the tokens held were computed
  std::vector<std::uint64_t> functions; // learners', that stood in then
  std::vector<std::int64_t> ids;        // held: their rows of cache, trace and final_norm are valid
  at::Tensor final_norm;                // [capacity, d_model]: taking tokens off the end needs only the head again
  at::Tensor last_logits;               // [vocab], float32, on the CPU

  explicit State(Model& m)
      : model(m), transformer(m.transformer()), cache(transformer.config(), transformer.device()),
        trace(transformer.config(), Probes(), transformer.device()) {}

  // Keeps the first `rows` tokens.
  void forget(std::int64_t rows) {
    ids.resize(static_cast<std::size_t>(rows));
    last_logits.reset();
  }
  Result<void> compute(std::span<const std::int64_t> wanted, const Progress& progress);
};

Context::Context(Model& model) : state_(std::make_unique<State>(model)) {}
Context::Context(Context&&) noexcept = default;
Context& Context::operator=(Context&&) noexcept = default;
Context::~Context() = default;

// Computes the tokens of `wanted` that are not held. Fails with "job.stopped" between layers.
Result<void> Context::State::compute(std::span<const std::int64_t> wanted, const Progress& progress) {
  const auto n_all = static_cast<std::int64_t>(wanted.size());
  const auto n_held = static_cast<std::int64_t>(ids.size());
  const auto longs = at::TensorOptions().dtype(at::kLong);
  cache.reserve(n_all);
  trace.reserve(n_all);
  const bool wants_logits = probes.wants("logits");

  std::vector<at::Tensor> rows = {};    // of final_norm
  if (n_held > 0) rows.push_back(final_norm.slice(0, 0, n_held));
  for (std::int64_t first = n_held; first < n_all; first += chunk) {
    const std::int64_t count = std::min(chunk, n_all - first);
    if (progress.report)
      progress.report(static_cast<double>(first - n_held) / static_cast<double>(n_all - n_held), "run");
    const at::IntArrayRef new_tokens(wanted.data() + first, count);
    const at::Tensor new_ids = at::tensor(new_tokens, longs).to(transformer.device());
    Run run{.cache = &cache, .trace = &trace, .edits = &edits, .lora = adapter.get(), .first = first,
            .stopped = [&] { return progress.stop.stop_requested(); }};
    const at::Tensor x = transformer.forward(new_ids, run);   // [pos, d_model]
    if (!x.defined()) return fail("job.stopped", "run");
    rows.push_back(x);
    if (wants_logits) run.pass(Point::logits, -1, transformer.logits(x));
  }
  final_norm = at::cat(rows);
  ids.assign(wanted.begin(), wanted.end());

  // The head's product is as large as a fifth of all the others: only the last row is needed.
  const at::Tensor last = final_norm.slice(0, n_all - 1, n_all);
  last_logits = edits.apply(Point::logits, -1, n_all - 1, transformer.logits(last)).select(0, 0).cpu();
  return {};
}

Result<RunReport> Context::run(std::span<const std::int64_t> ids, const Probes& probes,
                               std::span<const Intervention> interventions, const Progress& progress) {
  State& s = *state_;
  const Config& config = s.transformer.config();
  const auto n_all = static_cast<std::int64_t>(ids.size());
  if (ids.empty()) return fail("run.empty", "ids");
  if (n_all > config.context)
    return fail("run.too_long", "ids", {std::to_string(n_all), std::to_string(config.context)});
  for (const std::int64_t id : ids)
    if (id < 0 || id >= config.vocabulary)
      return fail("run.id", "ids", {std::to_string(id), std::to_string(config.vocabulary - 1)});
  auto edits = guarded("run", [&] { return Edits::of(interventions, n_all, config); });
  if (!edits) return tl::unexpected(edits.error());

  // [kept]
  // Keep what is still true: the rows before the first difference,
  // computed with the same probes and interventions.
  std::int64_t kept = common_prefix(ids, s.ids);
  const std::int64_t version = s.adapter ? s.adapter->version() : 0;
  const std::vector<std::uint64_t> functions = Slots::serving();
  const bool same_work = probes == s.probes && version == s.adapter_version && functions == s.functions &&
                         std::equal(interventions.begin(), interventions.end(), s.interventions.begin(),
                                    s.interventions.end());
  if (!same_work) kept = 0;
  if (n_all != s.edits.tokens())
    kept = std::min({kept, edits->stable_rows(), s.edits.stable_rows()});
  // [/kept]
  if (same_work && kept == n_all && kept == static_cast<std::int64_t>(s.ids.size()) && s.last_logits.defined())
    return RunReport{0, kept};

  const c10::InferenceMode no_gradients;
  auto done = guarded("run", [&]() -> Result<void> {
    s.forget(kept);
    if (!same_work) {
      // Other interventions write into the same buffers.
      if (!(probes == s.probes)) s.trace = Trace(config, probes, s.transformer.device());
      s.probes = probes;
      s.interventions.assign(interventions.begin(), interventions.end());
      s.adapter_version = version;
      s.functions = functions;
    }
    s.edits = std::move(*edits);
    if (Slots* slots = Slots::in_use()) slots->begin(interventions, config.n_layers);
    return s.compute(ids, progress);
  });
  if (!done) {
    // What an exception left behind is not known; and where memory ran out, it is given back.
    if (done.error().code != "job.stopped") {
      auto fresh = std::make_unique<State>(s.model);
      fresh->adapter = s.adapter;
      state_ = std::move(fresh);
    }
    return tl::unexpected(done.error());
  }
  return RunReport{n_all - kept, kept};
}

void Context::use(std::shared_ptr<const Lora> adapter) {
  if (adapter != state_->adapter) state_->forget(0);
  state_->adapter = std::move(adapter);
}

Result<RunReport> Context::append(std::span<const std::int64_t> ids, const Progress& progress) {
  return edit(static_cast<std::int64_t>(state_->ids.size()), 0, ids, progress);
}

Result<RunReport> Context::rewind(std::int64_t count, const Progress& progress) {
  return edit(count, static_cast<std::int64_t>(state_->ids.size()) - count, {}, progress);
}

Result<RunReport> Context::edit(std::int64_t first, std::int64_t removed, std::span<const std::int64_t> ids,
                                const Progress& progress) {
  State& s = *state_;
  const auto held = static_cast<std::int64_t>(s.ids.size());
  if (first < 0 || removed < 0 || first > held || removed > held - first)
    return fail("run.place", "ids", {std::to_string(held)});
  std::vector<std::int64_t> wanted(s.ids.begin(), s.ids.begin() + first);
  wanted.insert(wanted.end(), ids.begin(), ids.end());
  wanted.insert(wanted.end(), s.ids.begin() + first + removed, s.ids.end());
  if (!wanted.empty()) return run(wanted, s.probes, s.interventions, progress);
  s.forget(0);
  return RunReport{};
}

Result<Context> Context::fork() const {
  const State& s = *state_;
  const auto n = static_cast<std::int64_t>(s.ids.size());
  return guarded("fork", [&]() -> Result<Context> {
    const c10::InferenceMode no_gradients;
    Context result(s.model);
    State& copy = *result.state_;
    copy.cache = s.cache.copy(n);
    copy.trace = s.trace.copy(n);
    copy.probes = s.probes;
    copy.interventions = s.interventions;
    copy.edits = s.edits;
    copy.adapter = s.adapter;
    copy.adapter_version = s.adapter_version;
    copy.functions = s.functions;
    copy.ids = s.ids;
    copy.final_norm = s.final_norm;                   // never written to: a run makes a new one
    if (s.last_logits.defined()) copy.last_logits = s.last_logits.clone();
    return result;
  });
}

std::span<const std::int64_t> Context::ids() const { return state_->ids; }
at::Tensor Context::last_logits() const { return state_->last_logits; }

at::Tensor Context::point(std::string_view name) const {
  const State& s = *state_;
  const Probe* probe = s.probes.find(name);
  if (!probe) return {};
  const auto n = static_cast<std::int64_t>(s.ids.size());
  const std::int64_t layer = probe->layer;
  const c10::InferenceMode no_gradients;
  switch (probe->point) {
    case Point::k: return s.cache.keys(layer, n).transpose(0, 1).cpu();
    case Point::v: return s.cache.values(layer, n).transpose(0, 1).cpu();
    case Point::scores: {
      const at::Tensor scores = s.transformer.scores(s.trace.rows(Point::q, layer, n), s.cache.keys(layer, n));
      return s.edits.apply(Point::scores, layer, 0, scores).cpu();
    }
    case Point::head_out: return s.transformer.head_out(layer, s.trace.rows(Point::z, layer, n)).cpu();
    default: return s.trace.rows(probe->point, layer, n).cpu();
  }
}

const Probes& Context::probes() const { return state_->probes; }

std::int64_t Context::capacity() const { return state_->cache.capacity(); }
std::int64_t Context::cache_bytes_per_layer() const { return state_->cache.bytes_per_layer(); }
std::int64_t Context::cache_bytes() const { return state_->cache.bytes(); }
std::int64_t Context::trace_bytes() const { return state_->trace.bytes(); }

}  // namespace tb
