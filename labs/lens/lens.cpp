#include "labs/lens/lens.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "base/files.h"
#include "base/memory.h"
#include "labs/columns.h"
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
};

// Fits on plain English prose, a paragraph a run: what stands in a text does not matter much, that there is enough of
// it does. Errors: file.open, lens.memory, job.stopped, those of TranslatorFit.
Result<Translator> fit_translator(const Job& job, const Probes& probes) {
  const auto prose = read_file(textbook_root() / "assets/texts/prose.txt");
  if (!prose) return tl::unexpected(prose.error());
  const Config& config = job.model->transformer().config();
  constexpr std::int64_t megabyte = 1000000;
  const std::int64_t needed = 20 * config.d_model * config.d_model * config.n_layers, free = available_memory();
  if (free > 0 && needed > free / 2)   // 16 bytes a number while it collects, 4 for what comes of it
    return fail("lens.memory", "translated", {std::to_string(needed / megabyte), std::to_string(free / megabyte)});
  TranslatorFit fit(config);
  for (std::size_t at = 0; at < prose->size();) {
    const std::size_t end = std::min(prose->find("\n\n", at), prose->size());
    Context context(*job.model);
    std::vector<std::int64_t> ids = job.model->tokenizer().encode(prose->substr(at, end - at)).ids();
    ids.resize(std::min(ids.size(), static_cast<std::size_t>(config.context)));
    if (const auto run = context.run(ids, probes, {}, {.stop = job.progress.stop, .report = {}}); !run)
      return tl::unexpected(run.error());
    if (const auto added = fit.add(context); !added) return tl::unexpected(added.error());
    at = std::min(end + 2, prose->size());
    if (job.progress.report)
      job.progress.report(static_cast<double>(at) / static_cast<double>(prose->size()), "translator");
    if (job.yield) job.yield();
  }
  return fit.solve();
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
    auto translator = fit_translator(job, reading->context->probes());
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
  };
}

Result<Snapshot> LensLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
