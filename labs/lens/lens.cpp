#include "labs/lens/lens.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "labs/columns.h"
#include "labs/model/analysis/lens.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"

namespace tb {
namespace {

constexpr double longest_prompt = 16000;   // bytes

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Tokenizer& tokenizer = job.model->tokenizer();
  const Transformer& transformer = job.model->transformer();
  const Encoding encoding = tokenizer.encode(text_input(job.inputs, "prompt"));
  const std::vector<std::int64_t> ids = encoding.ids();
  const auto n = static_cast<std::int64_t>(ids.size());
  if (n == 0) return no_token(tokenizer, "prompt");
  if (n > LensLab::longest)
    return fail("lab.too_long", "prompt", {std::to_string(n), std::to_string(LensLab::longest)});

  // Run the model and keep the whole stream, so that moving to another row computes no token.
  auto* context = dynamic_cast<Context*>(job.kept.get());
  if (!context) {
    job.kept = std::make_unique<Context>(*job.model);
    context = static_cast<Context*>(job.kept.get());
  }
  const auto probes = Probes::of(*job.model, lens_points(transformer.config()));
  if (!probes) return tl::unexpected(probes.error());
  const auto report = context->run(ids, *probes, {}, job.progress);
  if (!report) return tl::unexpected(report.error());

  // Read one row of it after each block.
  const std::int64_t wanted = integer_input(job.inputs, "query");
  const std::int64_t query = std::clamp(wanted < 0 ? n + wanted : wanted, std::int64_t{0}, n - 1);
  const auto lens = logit_lens(transformer, *context, query, integer_input(job.inputs, "top"));
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
  add_token_columns(snapshot, "tokens", tokenizer, ids);
  add_unencodable(snapshot, encoding);
  add_token_columns(snapshot, "lens", tokenizer, top);
  add_numbers(snapshot, "lens.p", "probability", std::move(p), {steps, columns});
  add_numbers(snapshot, "lens.entropy", "bit", std::move(entropy));
  add_numbers(snapshot, "lens.kl", "bit", std::move(kl));
  add_number(snapshot, "lens.depth", "", static_cast<double>(lens->depth));
  add_number(snapshot, "lens.query", "", static_cast<double>(query));
  snapshot.tokens_computed = report->computed;
  snapshot.tokens_reused = report->reused;
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
  };
}

Result<Snapshot> LensLab::run(Job& job) const {
  return guarded("prompt", [&] { return run_model(job); });
}

}  // namespace tb
