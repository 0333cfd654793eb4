#include "labs/configuration/configuration.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>

#include "labs/columns.h"
#include "labs/configuration/bandwidth.h"
#include "labs/configuration/cost.h"
#include "labs/configuration/presets.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"

namespace tb {
namespace {

struct BandwidthSession : Session { double bandwidth = 0; };

// The sizes that can be changed; 0 as an input leaves what is published.
struct Size { const char* key; std::int64_t Config::* member; double max; };
constexpr Size sizes[] = {{"layers", &Config::n_layers, 256},      {"width", &Config::d_model, 32768},
                          {"heads", &Config::n_heads, 256},        {"kv-heads", &Config::n_kv_heads, 256},
                          {"head-width", &Config::d_head, 512},    {"mlp", &Config::d_mlp, 131072},
                          {"vocabulary", &Config::vocabulary, 1000000}};

struct Start { std::string title, source; Config config; };

// Errors: configuration.model (there is none loaded).
Result<Start> start_of(const Job& job) {
  const std::string& name = text_input(job.inputs, "preset");
  for (const Preset& preset : presets())
    if (preset.name == name) return Start{std::string(preset.title), std::string(preset.source), preset.config};
  if (!job.model) return fail("configuration.model", "preset");
  return Start{job.model->info().name, "", job.model->transformer().config()};
}

// Errors: configuration.groups (query heads that do not share key heads evenly), configuration.odd (a head that has no
// pairs to turn).
Result<Config> changed(Config config, const Inputs& inputs) {
  for (const Size& size : sizes)
    if (const std::int64_t value = integer_input(inputs, size.key); value > 0) config.*size.member = value;
  if (const std::string& tied = text_input(inputs, "tied"); tied != "same") config.tied_head = tied == "yes";
  if (config.n_heads % config.n_kv_heads != 0)
    return fail("configuration.groups", "kv-heads",
                {std::to_string(config.n_heads), std::to_string(config.n_kv_heads)});
  if (config.d_head % 2 != 0) return fail("configuration.odd", "head-width", {std::to_string(config.d_head)});
  return config;
}

void add_pair(Snapshot& snapshot, const std::string& name, const std::string& unit, double base, double value) {
  add_number(snapshot, name + ".base", unit, base);
  add_number(snapshot, name + ".value", unit, value);
}

void add_configs(Snapshot& snapshot, const Config& base, const Config& value) {
  std::vector<std::string> names;
  std::vector<double> from, to;
  for (const Size& size : sizes) {
    names.emplace_back(size.key);
    from.push_back(static_cast<double>(base.*size.member));
    to.push_back(static_cast<double>(value.*size.member));
  }
  names.emplace_back("tied");
  from.push_back(base.tied_head);
  to.push_back(value.tied_head);
  add_texts(snapshot, "config.name", std::move(names));
  add_numbers(snapshot, "config.base", "", std::move(from));
  add_numbers(snapshot, "config.value", "", std::move(to));

  std::vector<std::string> parts;
  std::vector<double> before, after, share;
  const std::vector<PartCount> counts = count_parts(value), published = count_parts(base);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    parts.push_back(counts[i].name);
    before.push_back(published[i].parameters);
    after.push_back(counts[i].parameters);
  }
  const double all = std::accumulate(after.begin(), after.end(), 0.0);
  for (const double parameters : after) share.push_back(parameters / all);
  add_texts(snapshot, "parts.name", std::move(parts));
  add_numbers(snapshot, "parts.base", "", std::move(before));
  add_numbers(snapshot, "parts.value", "", std::move(after));
  add_numbers(snapshot, "parts.share", "probability", std::move(share));
}

// From one token to the context: enough points for a smooth curve.
void add_curve(Snapshot& snapshot, const Config& config, double context, double weight, double number,
               double bandwidth) {
  constexpr int points = 33;
  std::vector<double> at, cache, speed;
  for (int i = 0; i < points; ++i) {
    const double tokens = std::max(1.0, std::round(context * i / (points - 1)));
    if (!at.empty() && at.back() == tokens) continue;
    const Cost cost = cost_of(config, tokens, weight, number);
    at.push_back(tokens);
    cache.push_back(cost.cache);
    speed.push_back(fastest(cost, bandwidth));
  }
  add_numbers(snapshot, "curve.context", "token", std::move(at));
  add_numbers(snapshot, "curve.cache", "byte", std::move(cache));
  add_numbers(snapshot, "curve.speed", "", std::move(speed));
}

Result<Snapshot> run_costs(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const auto start = start_of(job);
  if (!start) return tl::unexpected(start.error());
  const Config& base = start->config;
  const auto config = changed(base, job.inputs);
  if (!config) return tl::unexpected(config.error());

  // A number given in GB a second, else this machine's, measured once.
  constexpr double giga = 1e9;
  double bandwidth = number_input(job.inputs, "bandwidth") * giga;
  const bool measured = bandwidth <= 0;
  if (measured) {
    auto* kept = dynamic_cast<BandwidthSession*>(job.kept.get());
    if (!kept) {
      job.kept = std::make_unique<BandwidthSession>();
      kept = static_cast<BandwidthSession*>(job.kept.get());
      kept->bandwidth = measure_bandwidth();
    }
    bandwidth = kept->bandwidth;
  }

  const std::string& form = text_input(job.inputs, "form");
  const auto context = static_cast<double>(integer_input(job.inputs, "context"));
  const double weight = bytes_of_weight(form), number = form == "float32" ? 4 : 2;
  const Cost before = cost_of(base, context, weight, number), after = cost_of(*config, context, weight, number);

  Snapshot snapshot = begin_snapshot("configuration", job.inputs, job.model ? job.model->info() : ModelInfo());
  add_texts(snapshot, "preset.title", {start->title});
  add_texts(snapshot, "preset.source", {start->source});
  add_configs(snapshot, base, *config);
  add_pair(snapshot, "total", "", before.parameters, after.parameters);
  add_pair(snapshot, "weights", "byte", before.weights, after.weights);
  add_number(snapshot, "cache.token", "byte", after.cache_of_token);
  add_pair(snapshot, "cache", "byte", before.cache, after.cache);
  add_number(snapshot, "work.products", "", after.products);
  add_number(snapshot, "work.attention", "", after.attention);
  add_pair(snapshot, "work", "", before.products + before.attention, after.products + after.attention);
  add_number(snapshot, "bandwidth", "", bandwidth);
  add_number(snapshot, "bandwidth.measured", "", measured);
  add_pair(snapshot, "speed", "", fastest(before, bandwidth), fastest(after, bandwidth));
  add_curve(snapshot, *config, context, weight, number, bandwidth);
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> ConfigurationLab::fields(const Model*) const {
  std::vector<std::string> names = {"loaded"};
  for (const Preset& preset : presets()) names.emplace_back(preset.name);
  std::vector<Field> fields = {
      {.key = "preset", .initial = std::string("loaded"), .choices = std::move(names), .forward = false},
      {.key = "form", .initial = std::string("bfloat16"), .choices = {"float32", "bfloat16", "q8_0", "q4_1"},
       .forward = false},
      {.key = "context", .initial = std::int64_t{4096}, .min = 1, .max = 1048576, .step = 1, .unit = "tokens",
       .forward = false}};
  for (const Size& size : sizes)
    fields.push_back({.key = size.key, .initial = std::int64_t{0}, .min = 0, .max = size.max, .step = 1,
                      .forward = false});
  fields.push_back({.key = "tied", .initial = std::string("same"), .choices = {"same", "yes", "no"}, .forward = false});
  fields.push_back({.key = "bandwidth", .initial = 0.0, .min = 0, .max = 8000, .step = 1, .forward = false});
  return fields;
}

Result<Snapshot> ConfigurationLab::run(Job& job) const {
  return guarded("preset", [&] { return run_costs(job); });
}

}  // namespace tb
