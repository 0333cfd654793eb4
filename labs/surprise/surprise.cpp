#include "labs/surprise/surprise.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "labs/columns.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"
#include "labs/reading.h"

namespace tb {
namespace {

constexpr double longest_text = 60000;    // bytes; the model's context is the limit that counts
constexpr std::int64_t chunk = 256;       // tokens read between two looks at what is there already
constexpr std::int64_t rows_at_once = 32; // whose logits, as many as the vocabulary each, are held at a time
constexpr std::int64_t most_expected = 10;

// What the model said of one token.
struct Judged {
  double bits = std::nan(""), p = std::nan(""), rank = std::nan(""), entropy = std::nan("");
  std::vector<std::int64_t> expected;     // most_expected of them; empty: nothing was predicted
  std::vector<double> expected_p;
};

struct SurpriseSession : Session {
  std::unique_ptr<Context> context;
  std::vector<Intervention> interventions;
  std::vector<std::int64_t> ids;          // judged so far: what is said of a token depends on it and those before it
  std::vector<Judged> judged;
};

// The logits of rows first .. first + count - 1: [row, vocab], double. Held for all rows only where interventions may
// have changed them.
at::Tensor logits_of(const Transformer& transformer, const Context& context, std::int64_t first, std::int64_t count) {
  if (const at::Tensor logits = context.point("logits"); logits.defined())
    return logits.slice(0, first, first + count).to(at::kDouble);
  const at::Tensor rows = context.point("final_norm").slice(0, first, first + count).to(transformer.device());
  return transformer.logits(rows).to(at::kDouble);
}

// Tokens first .. first + count - 1, from the rows before them: row i predicts token i + 1.
void judge(const Transformer& transformer, const Context& context, std::span<const std::int64_t> ids,
           std::int64_t first, std::int64_t count, std::vector<Judged>& judged) {
  const at::Tensor logits = logits_of(transformer, context, first - 1, count);           // [row, vocab]
  const at::Tensor logp = at::log_softmax(logits, -1), p = logp.exp();
  const at::Tensor own_ids = at::tensor(at::IntArrayRef(ids.data() + first, count), at::kLong)
                                 .to(logits.device()).unsqueeze(1);                      // [row, 1]
  const at::Tensor own = logp.gather(1, own_ids).squeeze(1).cpu();
  const at::Tensor own_logit = logits.gather(1, own_ids);
  const at::Tensor rank = (logits > own_logit).sum(-1).cpu();
  const at::Tensor entropy = -at::where(p > 0, p * logp, 0.0).sum(-1).cpu();
  const std::int64_t shown = std::min(most_expected, logits.size(1));
  const auto [top_p, top_ids] = p.topk(shown, -1);
  const at::Tensor best_p = top_p.cpu(), best = top_ids.cpu();
  const double nats_of_bit = std::log(2.0);
  for (std::int64_t i = 0; i < count; ++i) {
    Judged one{.bits = -own[i].item<double>() / nats_of_bit, .p = std::exp(own[i].item<double>()),
               .rank = 1 + static_cast<double>(rank[i].item<std::int64_t>()),
               .entropy = entropy[i].item<double>() / nats_of_bit};
    const std::int64_t* id = best[i].const_data_ptr<std::int64_t>();
    const double* share = best_p[i].const_data_ptr<double>();
    one.expected.assign(id, id + shown);
    one.expected_p.assign(share, share + shown);
    judged.push_back(std::move(one));
  }
}

// Characters that begin in these bytes.
std::int64_t characters_of(std::string_view bytes) {
  return std::count_if(bytes.begin(), bytes.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Snapshot snapshot_of(const Job& job, const Encoding& encoding, std::span<const std::int64_t> ids,
                     const std::vector<Judged>& judged) {
  const Tokenizer& tokenizer = job.model->tokenizer();
  const auto top = static_cast<std::size_t>(integer_input(job.inputs, "top"));
  std::vector<double> bits, p, rank, entropy, running, expected_p;
  std::vector<std::int64_t> expected;
  double sum = 0, entropies = 0, characters = 0, bytes = 0;
  std::size_t predicted = 0, columns = top;
  for (const Judged& one : judged)
    if (!one.expected.empty()) columns = std::min(top, one.expected.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Judged one = i < judged.size() ? judged[i] : Judged();
    bits.push_back(one.bits);
    p.push_back(one.p);
    rank.push_back(one.rank);
    entropy.push_back(one.entropy);
    if (!std::isnan(one.bits)) {
      ++predicted;
      sum += one.bits;
      entropies += one.entropy;
      characters += static_cast<double>(characters_of(tokenizer.bytes(ids[i])));
      bytes += static_cast<double>(tokenizer.bytes(ids[i]).size());
    }
    running.push_back(std::isnan(one.bits) ? std::nan("") : sum / static_cast<double>(predicted));
    for (std::size_t k = 0; k < columns; ++k) {
      expected.push_back(k < one.expected.size() ? one.expected[k] : 0);
      expected_p.push_back(k < one.expected.size() ? one.expected_p[k] : 0);
    }
  }
  const auto mean = [](double total, double count) { return count > 0 ? total / count : std::nan(""); };
  const auto n = static_cast<double>(predicted);

  Snapshot snapshot = begin_snapshot("surprise", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", tokenizer, ids);
  add_unencodable(snapshot, encoding);
  add_numbers(snapshot, "surprise.bits", "bit", std::move(bits));
  add_numbers(snapshot, "surprise.p", "probability", std::move(p));
  add_numbers(snapshot, "surprise.rank", "", std::move(rank));
  add_numbers(snapshot, "surprise.entropy", "bit", std::move(entropy));
  add_token_columns(snapshot, "expected", tokenizer, expected);
  add_numbers(snapshot, "expected.p", "probability", std::move(expected_p),
              {static_cast<std::int64_t>(ids.size()), static_cast<std::int64_t>(columns)});
  add_numbers(snapshot, "running.mean", "bit", std::move(running));
  add_number(snapshot, "total.predicted", "token", n);
  add_number(snapshot, "total.bits", "bit", sum);
  add_number(snapshot, "total.mean", "bit", mean(sum, n));
  add_number(snapshot, "total.expected", "bit", mean(entropies, n));
  add_number(snapshot, "total.perplexity", "", std::exp2(mean(sum, n)));
  add_number(snapshot, "total.characters", "", characters);
  add_number(snapshot, "total.per-character", "bit", mean(sum, characters));
  add_number(snapshot, "total.bytes", "byte", bytes);
  add_number(snapshot, "total.per-byte", "bit", mean(sum, bytes));
  return snapshot;
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  };
  const Tokenizer& tokenizer = job.model->tokenizer();
  const Transformer& transformer = job.model->transformer();
  const Encoding encoding = tokenizer.encode(text_input(job.inputs, "text"));
  const std::vector<std::int64_t> ids = encoding.ids();
  const auto n = static_cast<std::int64_t>(ids.size());
  if (n == 0) return no_token(tokenizer, "text");
  const auto interventions = interventions_of(job);
  if (!interventions) return tl::unexpected(interventions.error());
  const std::int64_t context_length = job.model->info().context;
  const std::int64_t longest = interventions->empty() ? context_length : std::min(context_length, chunk);
  if (n > longest) return fail("lab.too_long", "text", {std::to_string(n), std::to_string(longest)});
  auto* kept = dynamic_cast<SurpriseSession*>(job.kept.get());
  if (!kept) {
    job.kept = std::make_unique<SurpriseSession>();
    kept = static_cast<SurpriseSession*>(job.kept.get());
    kept->context = std::make_unique<Context>(*job.model);
  }

  // Keep what was said of the tokens before the first difference. An intervention may count from the end of the text:
  // what it did to a shorter one says nothing.
  if (!interventions->empty() || !kept->interventions.empty()) kept->ids.clear();
  kept->interventions = *interventions;
  const std::size_t shorter = std::min(ids.size(), kept->ids.size());
  const auto same = std::mismatch(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(shorter), kept->ids.begin());
  kept->ids.resize(static_cast<std::size_t>(same.first - ids.begin()));
  kept->judged.resize(kept->ids.size());
  const auto reused = static_cast<std::int64_t>(kept->ids.size());

  // Read on, a chunk at a time, and judge each token by the row before it.
  const auto probes =
      Probes::of(*job.model, std::vector<std::string>{interventions->empty() ? "final_norm" : "logits"});
  if (!probes) return tl::unexpected(probes.error());
  const c10::InferenceMode no_gradients;
  std::int64_t computed = 0;
  while (static_cast<std::int64_t>(kept->judged.size()) < n) {
    const auto first = static_cast<std::int64_t>(kept->judged.size()), end = std::min(first + chunk, n);
    const std::span<const std::int64_t> so_far(ids.data(), static_cast<std::size_t>(end));
    const auto report = kept->context->run(so_far, *probes, *interventions, {.stop = job.progress.stop, .report = {}});
    if (!report) return tl::unexpected(report.error());
    computed += report->computed;
    if (first == 0) kept->judged.emplace_back();   // nothing stands before the first token
    for (std::int64_t at = std::max<std::int64_t>(first, 1); at < end; at += rows_at_once) {
      if (job.progress.stop.stop_requested()) break;
      judge(transformer, *kept->context, ids, at, std::min(rows_at_once, end - at), kept->judged);
    }
    kept->ids.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(kept->judged.size()));
    if (job.progress.stop.stop_requested()) return fail("job.stopped", "text");
    if (job.progress.report) job.progress.report(static_cast<double>(end) / static_cast<double>(n), "run");
    if (end < n && job.publish) {
      Snapshot partial = snapshot_of(job, encoding, ids, kept->judged);
      partial.partial = true;
      partial.tokens_computed = computed;
      partial.tokens_reused = reused;
      partial.seconds = seconds();
      job.publish(std::move(partial));
    }
    if (job.yield) job.yield();
  }

  Snapshot snapshot = snapshot_of(job, encoding, ids, kept->judged);
  snapshot.tokens_computed = computed;
  snapshot.tokens_reused = n - computed;
  snapshot.seconds = seconds();
  return snapshot;
}

}  // namespace

std::vector<Field> SurpriseLab::fields(const Model*) const {
  return {
      {.key = "text",
       .initial = std::string("The capital of France is Paris. The capital of Germany is Berlin. The capital of Italy "
                              "is Rome. The capital of Spain is a banana."),
       .max = longest_text},
      {.key = "show", .initial = std::string("bits"), .choices = {"bits", "excess"}, .forward = false},
      {.key = "range", .initial = std::int64_t{12}, .min = 4, .max = 24, .step = 1, .forward = false},
      {.key = "top", .initial = std::int64_t{5}, .min = 1, .max = most_expected, .step = 1, .unit = "tokens",
       .forward = false},
      interventions_field(),
  };
}

Result<Snapshot> SurpriseLab::run(Job& job) const {
  return guarded("text", [&] { return run_model(job); });
}

}  // namespace tb
