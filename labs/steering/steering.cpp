#include "labs/steering/steering.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <numeric>

#include <ATen/ATen.h>

#include "base/checksum.h"
#include "labs/columns.h"
#include "labs/generate.h"
#include "labs/levers/lever.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/source.h"
#include "labs/model/transformer.h"
#include "labs/steering/setup.h"
#include "labs/training.h"

namespace tb {
namespace {

// The inputs that hold the strengths, in the order of all_levers.
constexpr std::array strength_keys = {"bias", "lines", "attention", "alpha", "adapter"};
static_assert(strength_keys.size() == all_levers.size());

struct SandboxSession : LeverSession {
  std::string plain_of;                          // the inputs that decide how the prompt goes on by itself
  std::vector<std::int64_t> plain;
  std::vector<std::int64_t> plain_prompt;        // whose next token these are the logits of
  at::Tensor plain_logits;
};

class Sandbox {
 public:
  Sandbox(Job& job, SandboxSession& kept, Levers levers) : job_(job), kept_(kept), levers_(std::move(levers)) {}

  Result<Snapshot> run() {
    const auto start = std::chrono::steady_clock::now();
    if (const auto done = set_up(); !done) return tl::unexpected(done.error());
    Snapshot snapshot = begin_snapshot("steering", job_.inputs, job_.model->info());
    if (const auto done = add_effects(snapshot); !done) return tl::unexpected(done.error());
    if (const auto done = add_next(snapshot); !done) return tl::unexpected(done.error());
    if (const auto done = add_continuations(snapshot); !done) return tl::unexpected(done.error());
    if (const auto done = add_setup(snapshot); !done) return tl::unexpected(done.error());
    snapshot.tokens_computed += levers_.meter().tokens() - read_;
    snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return snapshot;
  }

 private:
  Progress quiet() const { return {.stop = job_.progress.stop, .report = {}}; }
  const std::vector<std::int64_t>& prompt() const { return levers_.meter().task().prompts.front(); }

  double strength(Lever lever) const {
    const char* key = strength_keys[static_cast<std::size_t>(lever)];
    return lever == Lever::prompt ? static_cast<double>(integer_input(job_.inputs, key))
                                  : number_input(job_.inputs, key);
  }

  // All levers together, as the meter wants them and as they are written down for the first prompt.
  Result<void> set_up() {
    for (const Lever lever : all_levers) {
      if (strength(lever) == 0) continue;
      const auto one = levers_.setup(lever, strength(lever));
      if (!one) return tl::unexpected(one.error());
      if (*one) setup_ = joined(std::move(setup_), **one);
    }
    files_.text = levers_.prefix_text(strength(Lever::prompt)) + levers_.prompts().front();
    const bool again = !setup_.prefix.empty() && prompt().front() == levers_.meter().task().begin;
    files_.ids = setup_.prefix;
    files_.ids.insert(files_.ids.end(), prompt().begin() + (again ? 1 : 0), prompt().end());
    files_.exact = job_.model->tokenizer().encode(files_.text).ids() == files_.ids;
    files_.adapter = setup_.lora;
    if (strength(Lever::logit_bias) != 0) files_.specs.push_back(levers_.bias_spec(strength(Lever::logit_bias)));
    if (strength(Lever::attention) != 0) {
      const auto specs = levers_.attention_specs(strength(Lever::attention), files_.ids);
      if (!specs) return tl::unexpected(specs.error());
      files_.specs.insert(files_.specs.end(), specs->begin(), specs->end());
    }
    for (const std::string& spec : files_.specs) {
      auto one = Intervention::parse(spec, job_.model->transformer().config());
      if (!one) return tl::unexpected(one.error());
      interventions_.push_back(std::move(*one));
    }
    if (strength(Lever::steering) == 0) return {};
    const auto v = levers_.vector();
    if (!v) return tl::unexpected(v.error());
    files_.vector = *v;
    const std::string spec = levers_.steering_spec(strength(Lever::steering));
    files_.specs.push_back(spec + ",file=vector.safetensors");
    auto one = Intervention::parse(spec, job_.model->transformer().config(), Source::of({{"v", *v}}));
    if (!one) return tl::unexpected(one.error());
    interventions_.push_back(std::move(*one));
    return {};
  }

  Result<void> add_effects(Snapshot& snapshot) {
    Meter& meter = levers_.meter();
    const auto before = meter.before(quiet());
    if (!before) return tl::unexpected(before.error());
    const auto after = meter.answers(setup_, quiet());
    if (!after) return tl::unexpected(after.error());
    const auto cost = meter.cost(setup_, quiet());
    if (!cost) return tl::unexpected(cost.error());
    std::vector<double> was, is, effects;
    for (std::size_t i = 0; i < before->size(); ++i) {
      was.push_back((*before)[i].log_odds);
      is.push_back((*after)[i].log_odds);
      effects.push_back(is.back() - was.back());
    }
    const EffectSpread spread = spread_of(effects);
    add_texts(snapshot, "prompts.text", levers_.prompts());
    for (const auto& [name, value] : {std::pair("first", effects.front()), {"mean", spread.mean},
                                      {"low", spread.interval.low}, {"high", spread.interval.high},
                                      {"least", spread.least}, {"most", spread.most}})
      add_number(snapshot, std::string("effect.") + name, "nat", value);
    add_number(snapshot, "effect.right", "probability", spread.right);
    add_number(snapshot, "cost.kl", "nat", cost->kl);
    add_number(snapshot, "cost.nll", "nat", cost->nll);
    add_numbers(snapshot, "prompts.before", "nat", std::move(was));
    add_numbers(snapshot, "prompts.after", "nat", std::move(is));
    add_numbers(snapshot, "prompts.effect", "nat", std::move(effects));
    add_numbers(snapshot, "sides.towards", "probability", {before->front().towards, after->front().towards});
    add_numbers(snapshot, "sides.away", "probability", {before->front().away, after->front().away});
    return {};
  }

  Result<void> add_next(Snapshot& snapshot) {
    constexpr std::int64_t most = 5;
    if (!kept_.plain_logits.defined() || kept_.plain_prompt != prompt()) {
      const auto plain = levers_.meter().last_logits({}, prompt(), quiet());
      if (!plain) return tl::unexpected(plain.error());
      kept_.plain_logits = *plain;
      kept_.plain_prompt = prompt();
    }
    const auto steered = levers_.meter().last_logits(setup_, prompt(), quiet());
    if (!steered) return tl::unexpected(steered.error());
    const at::Tensor p = kept_.plain_logits.to(at::kDouble).softmax(-1), q = steered->to(at::kDouble).softmax(-1);
    std::vector<std::int64_t> ids;
    for (const at::Tensor& each : {p, q}) {
      const at::Tensor order = std::get<1>(each.sort(/*stable=*/true, 0, /*descending=*/true));
      for (std::int64_t i = 0; i < std::min(most, order.size(0)); ++i)
        if (const auto id = order[i].item<std::int64_t>(); std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    }
    std::vector<double> before, after;
    for (const std::int64_t id : ids) {
      before.push_back(p[id].item<double>());
      after.push_back(q[id].item<double>());
    }
    add_token_columns(snapshot, "top", job_.model->tokenizer(), ids);
    add_numbers(snapshot, "top.before", "probability", std::move(before));
    add_numbers(snapshot, "top.after", "probability", std::move(after));
    return {};
  }

  Result<void> add_continuations(Snapshot& snapshot) {
    files_.tokens = integer_input(job_.inputs, "length");
    files_.temperature = number_input(job_.inputs, "temperature");
    files_.seed = integer_input(job_.inputs, "seed");
    GenerateRequest request;
    request.ids = prompt();
    request.max_tokens = files_.tokens;
    request.temperature = files_.temperature;
    request.seed = static_cast<std::uint64_t>(files_.seed);
    const std::string key = levers_.prompts().front() + '\0' + std::to_string(request.max_tokens) + " " +
                            std::to_string(request.temperature) + " " + std::to_string(request.seed);
    if (kept_.plain_of != key) {
      const auto plain = write_on(*job_.model, request, {}, nullptr, quiet());
      if (!plain) return tl::unexpected(plain.error());
      snapshot.tokens_computed += std::ssize(request.ids) + std::ssize(plain->ids);
      kept_.plain = plain->ids;
      kept_.plain_of = key;
    }
    request.ids = files_.ids;
    const auto steered = write_on(*job_.model, request, interventions_, setup_.lora, quiet());
    if (!steered) return tl::unexpected(steered.error());
    snapshot.tokens_computed += std::ssize(request.ids) + std::ssize(steered->ids);
    add_token_columns(snapshot, "plain", job_.model->tokenizer(), kept_.plain);
    add_token_columns(snapshot, "steered", job_.model->tokenizer(), steered->ids);
    return {};
  }

  Result<void> add_setup(Snapshot& snapshot) {
    std::vector<std::string> prefix, folder;
    if (!setup_.prefix.empty()) prefix.push_back(levers_.prefix_text(strength(Lever::prompt)));
    std::vector<double> scale;
    if (setup_.lora) scale.push_back(strength(Lever::lora));
    if (!job_.folder.empty()) {
      const std::string prefix_of_name = "steering-", name = identity(job_, "steering", true);
      const std::string own = sha256(std::as_bytes(std::span(name.data(), name.size()))).substr(0, 16);
      keep_newest(job_.folder, prefix_of_name);
      const auto written =
          write_setup(job_.folder / (prefix_of_name + own), files_, job_.model->info(), job_.inputs);
      if (!written) return written;
      folder.push_back(prefix_of_name + own);
    }
    add_texts(snapshot, "setup.spec", files_.specs);
    add_texts(snapshot, "setup.prefix", std::move(prefix));
    add_numbers(snapshot, "setup.adapter", "", std::move(scale));
    add_texts(snapshot, "setup.command", {"textbook " + command_of(files_, job_.model->info())});
    add_texts(snapshot, "setup.folder", std::move(folder));
    return {};
  }

  Job& job_;
  SandboxSession& kept_;
  Levers levers_;
  std::int64_t read_ = levers_.meter().tokens();   // by earlier jobs
  Setup setup_;
  SetupFiles files_;
  std::vector<Intervention> interventions_;      // of the set-up, for the first prompt and what is written on
};

}  // namespace

std::vector<Field> SteeringLab::fields(const Model* model) const {
  std::vector<Field> fields = {
      {.key = "bias", .initial = 0.0, .min = -10, .max = 10, .step = 0.1},
      {.key = "lines", .initial = std::int64_t{0}, .min = 0, .max = 24, .step = 1},
      {.key = "attention", .initial = 0.0, .min = -10, .max = 10, .step = 0.1},
      {.key = "alpha", .initial = 1.0, .min = -8, .max = 8, .step = 0.1},
      {.key = "adapter", .initial = 0.0, .min = -4, .max = 4, .step = 0.1},
      {.key = "length", .initial = std::int64_t{20}, .min = 0, .max = 60, .step = 1, .unit = "tokens"},
      {.key = "temperature", .initial = 0.0, .min = 0, .max = 2, .step = 0.05,
       .when = {{.key = "length", .except = {0}}}},
      {.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 99, .step = 1,
       .when = {{.key = "temperature", .except = {0.0}}}}};
  // What only makes a lever that is not pulled changes nothing.
  const Condition lines{.key = "lines", .except = {0}};
  const auto pulled = [](const char* lever) { return Condition{.key = lever, .except = {0.0}}; };
  const std::map<std::string, Condition> makes = {
      {"prefix", lines}, {"words", pulled("attention")}, {"heads", pulled("attention")}, {"plus", pulled("alpha")},
      {"minus", pulled("alpha")}, {"layer", pulled("alpha")}, {"rows", pulled("alpha")}, {"steps", pulled("adapter")}};
  for (Field& field : lever_fields(model)) {
    if (const auto of = makes.find(field.key); of != makes.end()) field.when = {of->second};
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<Snapshot> SteeringLab::run(Job& job) const {
  return guarded("steering", [&]() -> Result<Snapshot> {
    auto* session = dynamic_cast<SandboxSession*>(job.kept.get());
    if (!session) {
      job.kept = std::make_unique<SandboxSession>();
      session = static_cast<SandboxSession*>(job.kept.get());
    }
    auto levers = Levers::of(job, *session);
    if (!levers) return tl::unexpected(levers.error());
    return Sandbox(job, *session, std::move(*levers)).run();
  });
}

}  // namespace tb
