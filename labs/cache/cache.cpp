#include "labs/cache/cache.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "labs/columns.h"
#include "labs/configuration/cost.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"

namespace tb {
namespace {

constexpr double longest_text = 8000;   // bytes
using Clock = std::chrono::steady_clock;

struct Times { std::vector<double> length, with, without; };

struct CacheSession : Session {
  std::vector<std::int64_t> timed_ids;
  Times times;
};

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// One more token after a quarter, a half, three quarters and all of the text: appended to what a context holds, and
// with everything read anew. Errors: those of Context::run.
Result<Times> time_steps(Model& model, std::span<const std::int64_t> ids, const Progress& progress) {
  Times times;
  const Progress quiet{.stop = progress.stop, .report = {}};
  const auto n = static_cast<std::int64_t>(ids.size());
  for (const std::int64_t quarter : {1, 2, 3, 4}) {
    const std::int64_t length = std::max<std::int64_t>(1, n * quarter / 4);
    if (!times.length.empty() && times.length.back() == static_cast<double>(length)) continue;
    std::vector<std::int64_t> text(ids.begin(), ids.begin() + length);
    Context context(model);
    if (const auto run = context.run(text, Probes(), {}, quiet); !run) return tl::unexpected(run.error());
    const std::int64_t next = text.back();   // which token it is changes nothing of the work
    Clock::time_point start = Clock::now();
    if (const auto run = context.append({&next, 1}, quiet); !run) return tl::unexpected(run.error());
    times.with.push_back(since(start));
    text.push_back(next);
    start = Clock::now();
    Context fresh(model);
    if (const auto run = fresh.run(text, Probes(), {}, quiet); !run) return tl::unexpected(run.error());
    times.without.push_back(since(start));
    times.length.push_back(static_cast<double>(length));
    if (progress.report) progress.report(static_cast<double>(quarter) / 4, "run");
  }
  return times;
}

Result<Snapshot> run_model(Job& job) {
  const Clock::time_point start = Clock::now();
  const Tokenizer& tokenizer = job.model->tokenizer();
  const Config& config = job.model->transformer().config();
  Encoding encodings[2];
  std::vector<std::int64_t> ids[2];
  const char* const keys[] = {"before", "text"};
  for (int i = 0; i < 2; ++i) {
    encodings[i] = tokenizer.encode(text_input(job.inputs, keys[i]));
    ids[i] = encodings[i].ids();
    const auto n = static_cast<std::int64_t>(ids[i].size());
    if (n == 0) return no_token(tokenizer, keys[i]);
    const std::int64_t longest = std::min(CacheLab::longest, config.context - 1);   // one more is written
    if (n > longest) return fail("lab.too_long", keys[i], {std::to_string(n), std::to_string(longest)});
  }

  // Let one context hold the first text, and then the second.
  Context context(*job.model);
  if (const auto first = context.run(ids[0], Probes(), {}, job.progress); !first) return tl::unexpected(first.error());
  const auto report = context.run(ids[1], Probes(), {}, job.progress);
  if (!report) return tl::unexpected(report.error());
  const auto n = static_cast<std::int64_t>(ids[1].size()), held = static_cast<std::int64_t>(ids[0].size());
  std::vector<double> kept(ids[0].size()), reused(ids[1].size());
  for (std::int64_t i = 0; i < held; ++i) kept[i] = i < report->reused;
  for (std::int64_t i = 0; i < n; ++i) reused[i] = i < report->reused;

  auto* session = dynamic_cast<CacheSession*>(job.kept.get());
  if (!session) {
    job.kept = std::make_unique<CacheSession>();
    session = static_cast<CacheSession*>(job.kept.get());
  }
  if (session->timed_ids != ids[1]) {
    auto times = time_steps(*job.model, ids[1], job.progress);
    if (!times) return tl::unexpected(times.error());
    session->times = std::move(*times);
    session->timed_ids = ids[1];
  }

  constexpr double weight = 4;
  const double number = text_input(job.inputs, "number") == "bfloat16" ? 2 : 4;
  const auto more = static_cast<double>(n + 1);
  const Cost with = cost_of(config, more, weight, number);
  double without = 0;   // every token of the text anew; the head, as large as a table of all tokens, for the last alone
  const double head = static_cast<double>(config.vocabulary) * static_cast<double>(config.d_model);
  for (std::int64_t i = 1; i <= n + 1; ++i)
    without += with.products - head + cost_of(config, static_cast<double>(i), weight, number).attention;
  without += head;

  Snapshot snapshot = begin_snapshot("cache", job.inputs, job.model->info());
  add_token_columns(snapshot, "before", tokenizer, ids[0]);
  add_token_columns(snapshot, "tokens", tokenizer, ids[1]);
  add_unencodable(snapshot, encodings[1]);
  add_numbers(snapshot, "before.kept", "", std::move(kept));
  add_numbers(snapshot, "tokens.reused", "", std::move(reused));
  add_number(snapshot, "count.kept", "token", static_cast<double>(report->reused));
  add_number(snapshot, "count.dropped", "token", static_cast<double>(held - std::min(held, report->reused)));
  add_number(snapshot, "count.computed", "token", static_cast<double>(report->computed));
  add_number(snapshot, "size.layers", "", static_cast<double>(config.n_layers));
  add_number(snapshot, "size.kv_heads", "", static_cast<double>(config.n_kv_heads));
  add_number(snapshot, "size.head_width", "", static_cast<double>(config.d_head));
  add_number(snapshot, "size.number", "byte", number);
  add_number(snapshot, "size.token", "byte", with.cache_of_token);
  add_number(snapshot, "size.text", "byte", with.cache_of_token * static_cast<double>(n));
  add_number(snapshot, "work.with", "", with.products + with.attention);
  add_number(snapshot, "work.without", "", without);
  add_numbers(snapshot, "time.length", "token", session->times.length);
  add_numbers(snapshot, "time.with", "second", session->times.with);
  add_numbers(snapshot, "time.without", "second", session->times.without);
  snapshot.tokens_computed = report->computed;
  snapshot.tokens_reused = report->reused;
  snapshot.seconds = since(start);
  return snapshot;
}

}  // namespace

std::vector<Field> CacheLab::fields(const Model*) const {
  return {
      {.key = "before", .initial = std::string("The capital of France is Paris. The capital of Italy is"),
       .max = longest_text},
      {.key = "text", .initial = std::string("The capital of France is Paris. The capital of Germany is"),
       .max = longest_text},
      {.key = "number", .initial = std::string("float32"), .choices = {"float32", "bfloat16"}, .forward = false},
  };
}

Result<Snapshot> CacheLab::run(Job& job) const {
  return guarded("text", [&] { return run_model(job); });
}

}  // namespace tb
