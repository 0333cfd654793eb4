#include "labs/lens/lens.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "labs/columns.h"
#include "labs/lens/prose.h"
#include "labs/model/analysis/lens.h"
#include "labs/model/analysis/translator.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"

namespace tb {
namespace {

constexpr double longest_prompt = 16000;   // bytes

// The run of the prompt, and the translator once it was wanted.
struct LensSession : Session {
  std::unique_ptr<Context> context;
  std::optional<Translator> translator;
  std::optional<LensGrid> grid;
  std::vector<std::int64_t> grid_ids;            // of which text, and how it was read
  bool grid_translated = false;
};

// The grid's columns. It is computed anew only for another text, another window or another way of reading.
Result<void> add_grid(Snapshot& snapshot, const Job& job, LensSession& kept, std::span<const std::int64_t> ids,
                      std::int64_t query, bool translated) {
  const auto n = static_cast<std::int64_t>(ids.size()), rows = std::min(n, LensLab::widest);
  const std::int64_t first = std::clamp<std::int64_t>(query - rows / 2, 0, n - rows);
  const bool same = kept.grid && kept.grid->first == first && kept.grid_translated == translated &&
                    std::ranges::equal(kept.grid_ids, ids);
  if (!same) {
    auto grid = logit_lens_grid(job.model->transformer(), *kept.context, first, rows,
                                translated ? &*kept.translator : nullptr, job.progress);
    if (!grid) return tl::unexpected(grid.error());
    kept.grid = std::move(*grid);
    kept.grid_ids.assign(ids.begin(), ids.end());
    kept.grid_translated = translated;
  }
  const LensGrid& grid = *kept.grid;
  const auto steps = static_cast<std::int64_t>(grid.ids.size()) / rows;
  add_number(snapshot, "grid.first", "", static_cast<double>(first));
  add_number(snapshot, "grid.step", "", static_cast<double>(nearest_row(integer_input(job.inputs, "step"), steps)));
  add_token_columns(snapshot, "grid", job.model->tokenizer(), grid.ids);
  add_numbers(snapshot, "grid.p", "probability", grid.p, {steps, rows});
  add_numbers(snapshot, "grid.rank", "", {grid.rank.begin(), grid.rank.end()}, {steps, rows});
  return {};
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Tokenizer& tokenizer = job.model->tokenizer();
  const Transformer& transformer = job.model->transformer();
  auto* kept = dynamic_cast<LensSession*>(job.kept.get());
  if (!kept) {
    job.kept = std::make_unique<LensSession>();
    kept = static_cast<LensSession*>(job.kept.get());
  }

  // Run the model and keep the whole stream, so that moving to another row computes no token.
  const std::vector<std::string> points = lens_points(transformer.config());
  const auto reading = read_text(job, kept->context, "prompt", LensLab::longest, points);
  if (!reading) return tl::unexpected(reading.error());
  const bool translated = switch_input(job.inputs, "translated");
  if (translated && !kept->translator) {
    auto translator = translator_from_prose(job, reading->context->probes());
    if (!translator) return tl::unexpected(translator.error());
    kept->translator = std::move(*translator);
  }

  // Read one row of it after each block.
  const std::int64_t query =
      nearest_row(integer_input(job.inputs, "query"), static_cast<std::int64_t>(reading->ids.size()));
  const auto lens = logit_lens(transformer, *reading->context, query, integer_input(job.inputs, "top"),
                               translated ? &*kept->translator : nullptr);
  if (!lens) return tl::unexpected(lens.error());
  std::vector<std::int64_t> top;
  std::vector<double> p, entropy, kl;
  for (const LensStep& step : lens->steps) {
    top.insert(top.end(), step.ids.begin(), step.ids.end());
    p.insert(p.end(), step.p.begin(), step.p.end());
    entropy.push_back(step.entropy);
    kl.push_back(step.kl);
  }

  const auto steps = static_cast<std::int64_t>(lens->steps.size());
  const auto columns = static_cast<std::int64_t>(top.size()) / steps;
  Snapshot snapshot = begin_snapshot("lens", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", tokenizer, reading->ids);
  add_unencodable(snapshot, reading->encoding);
  add_token_columns(snapshot, "lens", tokenizer, top);
  add_numbers(snapshot, "lens.p", "probability", std::move(p), {steps, columns});
  add_numbers(snapshot, "lens.entropy", "bit", std::move(entropy));
  add_numbers(snapshot, "lens.kl", "bit", std::move(kl));
  add_number(snapshot, "lens.depth", "", static_cast<double>(lens->depth));
  add_number(snapshot, "lens.query", "", static_cast<double>(query));
  add_number(snapshot, "lens.fitted", "token", translated ? static_cast<double>(kept->translator->rows()) : 0.0);
  if (text_input(job.inputs, "view") == "grid")
    if (const auto added = add_grid(snapshot, job, *kept, reading->ids, query, translated); !added)
      return tl::unexpected(added.error());
  snapshot.tokens_computed = reading->report.computed;
  snapshot.tokens_reused = reading->report.reused;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> LensLab::fields(const Model*) const {
  const double rows = longest;
  return {
      {.key = "prompt", .initial = std::string("The capital of France is"), .max = longest_prompt},
      {.key = "query", .initial = std::int64_t{-1}, .min = -rows, .max = rows - 1, .step = 1, .forward = false},
      {.key = "top", .initial = std::int64_t{5}, .min = 1, .max = 20, .step = 1, .unit = "tokens", .forward = false},
      {.key = "translated", .initial = false},
      {.key = "view", .initial = std::string("row"), .choices = {"row", "grid"}, .forward = false},
      {.key = "step", .initial = std::int64_t{-1}, .min = -200, .max = 199, .step = 1, .forward = false,
       .when = {{.key = "view", .among = {"grid"}}}},
  };
}

Result<Snapshot> LensLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
