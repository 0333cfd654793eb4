#include "labs/own-code/own_code.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include <ATen/ATen.h>

#include "base/files.h"
#include "labs/columns.h"
#include "labs/exercise/exercise.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/sampling.h"
#include "labs/model/slots.h"

namespace tb {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t longest = 512;        // tokens
constexpr std::size_t rows = 6;              // of the bars
constexpr double beyond_rounding = 1e-4;

// The function that the last run used: compiled again only where its source has changed.
struct Kept : Session {
  bool warm = false;                         // a first forward pass fills caches, and is not to be timed
  std::string exercise, source;
  std::shared_ptr<StandIn> function;
};

// The known wrong solutions of an exercise, by name.
std::vector<std::string> mistakes(const exercise::Exercise& exercise) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& file : fs::directory_iterator(exercise.file("wrong"), none)) names.push_back(file.path().stem());
  std::ranges::sort(names);
  return names;
}

Result<fs::path> file_of(const Inputs& inputs, const exercise::Exercise& exercise) {
  const std::string& code = text_input(inputs, "code");
  if (code == "solution") return exercise.file("solution.cpp");
  if (code == "mine") {
    const fs::path file = exercise::workspace_file(exercise.id);
    if (!fs::exists(file)) return fail("own-code.unstarted", file.string(), {exercise.id});
    return file;
  }
  const auto known = mistakes(exercise);
  const std::string& wanted = text_input(inputs, "mistake");
  const std::string name = wanted.empty() && !known.empty() ? known.front() : wanted;
  if (std::ranges::find(known, name) == known.end()) {
    std::string list;
    for (const std::string& each : known) list += (list.empty() ? "" : ", ") + each;
    return fail("own-code.mistake", "mistake", {exercise.id, name, list});
  }
  return exercise.file("wrong") / (name + ".cpp");
}

Kept& kept_of(Job& job) {
  auto* kept = dynamic_cast<Kept*>(job.kept.get());
  if (kept) return *kept;
  auto fresh = std::make_unique<Kept>();
  kept = fresh.get();
  job.kept = std::move(fresh);
  return *kept;
}

Result<std::shared_ptr<StandIn>> function_of(Job& job) {
  const auto exercise = exercise::find_exercise(textbook_root() / "chapters", text_input(job.inputs, "exercise"));
  if (!exercise) return tl::unexpected(exercise.error());
  const auto file = file_of(job.inputs, *exercise);
  if (!file) return tl::unexpected(file.error());
  const auto source = read_file(*file);
  if (!source) return tl::unexpected(source.error());

  Kept& kept = kept_of(job);
  const bool known = kept.function && kept.exercise == exercise->id && kept.source == *source;
  if (known && kept.function->serves()) return kept.function;
  if (job.progress.report) job.progress.report(0, "compile");
  auto function = known ? kept.function->again() : StandIn::compile(exercise->id, *source);
  if (!function) return tl::unexpected(function.error());
  kept.exercise = exercise->id;
  kept.source = *source;
  kept.function = *function;
  return kept.function;
}

// One run of the whole model from nothing, with its time.
struct Timed {
  Context context;
  std::span<const float> logits;
  double milliseconds = 0;                   // for a layer
};
Result<Timed> timed_run(const Job& job, std::span<const std::int64_t> ids, const Probes& probes, Slots* slots) {
  const Slots::Scope scope(slots);
  Timed timed{Context(*job.model), {}};
  const auto begin = std::chrono::steady_clock::now();
  const auto report = timed.context.run(ids, probes, {}, job.progress);
  if (!report) return tl::unexpected(report.error());
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
  const at::Tensor last = timed.context.last_logits();
  timed.logits = {last.const_data_ptr<float>(), static_cast<std::size_t>(last.numel())};
  timed.milliseconds = taken.count() / static_cast<double>(job.model->info().n_layers);
  return timed;
}

void add_bars(Snapshot& snapshot, const Tokenizer& tokenizer, const Timed& ours, const Timed& theirs) {
  const auto probabilities = [](std::span<const float> logits) { return distribution(logits, {}).p; };
  const std::vector<double> p = probabilities(ours.logits), q = probabilities(theirs.logits);
  std::vector<std::int64_t> ids(p.size());
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  const std::size_t shown = std::min(rows, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(shown), ids.end(), [&](auto a, auto b) {
    const double of_a = std::max(p[a], q[a]), of_b = std::max(p[b], q[b]);
    return of_a > of_b || (of_a == of_b && a < b);
  });
  ids.resize(shown);
  // In the order of ours.
  std::ranges::sort(ids, [&](auto a, auto b) { return p[a] > p[b] || (p[a] == p[b] && a < b); });
  std::vector<double> of_ours, of_theirs, difference;
  for (const std::int64_t id : ids) {
    of_ours.push_back(p[id]);
    of_theirs.push_back(q[id]);
    difference.push_back(q[id] - p[id]);
  }
  add_token_columns(snapshot, "bars", tokenizer, ids);
  add_numbers(snapshot, "bars.ours", "probability", std::move(of_ours));
  add_numbers(snapshot, "bars.theirs", "probability", std::move(of_theirs));
  add_numbers(snapshot, "bars.difference", "probability", std::move(difference));

  double largest = 0, equal = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(theirs.logits[i]) - ours.logits[i]));
    equal += theirs.logits[i] == ours.logits[i];
  }
  add_number(snapshot, "logits.difference", "logit", largest);
  add_number(snapshot, "logits.equal", "", equal);
}

void add_layers(Snapshot& snapshot, const Timed& ours, const Timed& theirs, const Slots& slots,
                std::int64_t n_layers) {
  std::vector<double> own, absolute, relative;
  double first = -1;
  for (std::int64_t layer = 0; layer < n_layers; ++layer) {
    own.push_back(slots.difference(layer));
    const std::string name = name_of(Point::resid_post, layer);
    const at::Tensor a = ours.context.point(name), b = theirs.context.point(name);
    absolute.push_back((b - a).abs().max().item<double>());
    relative.push_back(absolute.back() / std::max(1.0, a.abs().max().item<double>()));
    if (first < 0 && relative.back() > beyond_rounding) first = static_cast<double>(layer);
  }
  own.push_back(slots.difference(n_layers));
  const double at_first = first < 0 ? 0 : absolute[static_cast<std::size_t>(first)];
  add_numbers(snapshot, "slot.difference", "", std::move(own));
  add_numbers(snapshot, "layers.difference", "", std::move(absolute));
  add_numbers(snapshot, "layers.relative", "", std::move(relative));
  add_number(snapshot, "first.layer", "", first);
  add_number(snapshot, "first.difference", "", at_first);
}

void add_report(Snapshot& snapshot, const Function::Report& before, const Function::Report& after) {
  const auto calls = static_cast<double>(after.calls - before.calls);
  add_number(snapshot, "calls.count", "", calls);
  add_number(snapshot, "calls.milliseconds", "ms", calls > 0 ? 1000 * (after.seconds - before.seconds) / calls : 0);
  const bool ended = !after.reason.empty();
  const auto listed = [&](const std::string& text) { return ended ? std::vector{text} : std::vector<std::string>(); };
  add_texts(snapshot, "ended.reason", listed(after.reason));
  add_texts(snapshot, "ended.detail", listed(after.detail));
  add_numbers(snapshot, "ended.layer", "",
              ended ? std::vector{static_cast<double>(after.layer)} : std::vector<double>());
}

Result<Snapshot> run_both(Job& job) {
  const auto start = std::chrono::steady_clock::now();
  const Tokenizer& tokenizer = job.model->tokenizer();
  const Encoding encoding = tokenizer.encode(text_input(job.inputs, "prompt"));
  const std::vector<std::int64_t> ids = encoding.ids();
  if (ids.empty()) return no_token(tokenizer, "prompt");
  if (static_cast<std::int64_t>(ids.size()) > longest)
    return fail("lab.too_long", "prompt", {std::to_string(ids.size()), std::to_string(longest)});
  const auto probes = Probes::of(*job.model, std::vector<std::string>{"blocks.*.resid_post"});
  if (!probes) return tl::unexpected(probes.error());

  std::vector<std::shared_ptr<StandIn>> functions;
  if (switch_input(job.inputs, "on")) {
    auto function = function_of(job);
    if (!function) return tl::unexpected(function.error());
    functions.push_back(std::move(*function));
  }
  Slots slots(functions);
  const auto report = [&] { return functions.empty() ? Function::Report() : functions[0]->report(); };

  if (Kept& kept = kept_of(job); !std::exchange(kept.warm, true))
    if (const auto first = timed_run(job, ids, *probes, nullptr); !first) return tl::unexpected(first.error());
  for (const auto& function : functions) function->start();
  auto ours = timed_run(job, ids, *probes, nullptr);
  if (!ours) return tl::unexpected(ours.error());
  const Function::Report before = report();
  auto theirs = timed_run(job, ids, *probes, functions.empty() ? nullptr : &slots);
  if (!theirs) return tl::unexpected(theirs.error());

  Snapshot snapshot = begin_snapshot("own-code", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", tokenizer, ids);
  add_unencodable(snapshot, encoding);
  add_bars(snapshot, tokenizer, *ours, *theirs);
  add_layers(snapshot, *ours, *theirs, slots, job.model->info().n_layers);
  add_number(snapshot, "layer.ours", "ms", ours->milliseconds);
  add_number(snapshot, "layer.theirs", "ms", theirs->milliseconds);
  add_report(snapshot, before, report());
  snapshot.tokens_computed = 2 * static_cast<std::int64_t>(ids.size());
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return snapshot;
}

}  // namespace

std::vector<Field> OwnCodeLab::fields(const Model*) const {
  const std::vector<Condition> on = {{.key = "on", .among = {true}}};
  return {
      {.key = "prompt", .initial = std::string("The capital of France is"), .max = 2000},
      {.key = "exercise", .initial = std::string("softmax"),
       .choices = std::vector<std::string>(std::begin(exercises_in_model), std::end(exercises_in_model)),
       .when = on},
      {.key = "code", .initial = std::string("solution"), .choices = {"mine", "solution", "mistake"}, .when = on},
      {.key = "mistake", .initial = std::string(), .max = 60, .when = {{.key = "code", .among = {"mistake"}}}},
      {.key = "on", .initial = true},
  };
}

Result<Snapshot> OwnCodeLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_both(job); });
}

}  // namespace tb
