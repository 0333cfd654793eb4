#include "labs/neighbours/neighbours.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/random.h"
#include "labs/columns.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"
#include "labs/reading.h"
#include "labs/stats/correlation.h"

namespace tb {
namespace {

constexpr double longest_text = 4000, longest_word = 60;   // bytes
constexpr std::int64_t pairs = 20000;
constexpr std::int64_t bins = 40;
constexpr std::size_t nearest_shown = 8;

struct NeighboursSession : Session {
  at::Tensor rows;    // [vocab, d_model], each of length 1
  at::Tensor norms;   // [vocab]
  std::unique_ptr<Context> first, second;
};

// One token: the text as it is, else with a space before it. Errors: neighbours.token, lab.empty.
Result<std::int64_t> token_of(const Tokenizer& tokenizer, const std::string& text) {
  if (text.empty()) return no_token(tokenizer, "token");
  for (const std::string& written : {text, " " + text}) {
    const std::vector<Token> tokens = tokenizer.encode(written).tokens;
    if (!tokens.empty() && tokens.back().bytes == written) return tokens.back().id;
  }
  std::string cut;
  for (const Token& token : tokenizer.encode(text).tokens) cut += (cut.empty() ? "" : " | ") + std::string(token.bytes);
  return fail("neighbours.token", "token", {text, cut});
}

void add_nearest(Snapshot& snapshot, const Tokenizer& tokenizer, const NeighboursSession& kept, std::int64_t token,
                 std::int64_t top) {
  at::Tensor cosines = at::mv(kept.rows, kept.rows[token]);
  cosines[token] = -2;   // itself
  const auto [values, order] = cosines.topk(std::min(top, cosines.size(0) - 1));
  const std::int64_t* first = order.const_data_ptr<std::int64_t>();
  add_token_columns(snapshot, "token", tokenizer, {&token, 1});
  add_number(snapshot, "token.norm", "", kept.norms[token].item<double>());
  add_token_columns(snapshot, "near", tokenizer, {first, static_cast<std::size_t>(order.numel())});
  add_tensor(snapshot, "near.cosine", "", values);
  add_tensor(snapshot, "near.norm", "", kept.norms.index_select(0, order));
}

// What two rows have in common that have nothing to do with each other.
void add_baseline(Snapshot& snapshot, const NeighboursSession& kept) {
  const std::int64_t vocabulary = kept.rows.size(0);
  std::vector<std::int64_t> a, b;
  Random random(1);
  while (static_cast<std::int64_t>(a.size()) < pairs) {
    const std::int64_t one = random.below(vocabulary), other = random.below(vocabulary);
    if (one == other) continue;
    a.push_back(one);
    b.push_back(other);
  }
  const at::Tensor cosines = (kept.rows.index_select(0, at::tensor(a, at::kLong)) *
                              kept.rows.index_select(0, at::tensor(b, at::kLong))).sum(-1).to(at::kDouble);
  const at::Tensor sorted = std::get<0>(cosines.sort());
  std::vector<double> histogram(bins);
  for (std::int64_t i = 0; i < pairs; ++i) {
    const auto bin = static_cast<std::int64_t>((sorted[i].item<double>() + 1) / 2 * bins);
    histogram[static_cast<std::size_t>(std::clamp<std::int64_t>(bin, 0, bins - 1))] += 1;
  }
  add_number(snapshot, "baseline.mean", "", cosines.mean().item<double>());
  add_number(snapshot, "baseline.deviation", "", cosines.std().item<double>());
  add_number(snapshot, "baseline.low", "", sorted[pairs / 100].item<double>());
  add_number(snapshot, "baseline.high", "", sorted[pairs - 1 - pairs / 100].item<double>());
  add_number(snapshot, "baseline.most", "", sorted[pairs - 1].item<double>());
  add_numbers(snapshot, "baseline.histogram", "", std::move(histogram));
}

// Errors: those of stats::spearman.
Result<void> add_norms(Snapshot& snapshot, const NeighboursSession& kept) {
  const at::Tensor norms = kept.norms.to(at::kDouble).contiguous();
  const std::span<const double> lengths(norms.const_data_ptr<double>(), static_cast<std::size_t>(norms.numel()));
  std::vector<double> tenths, ids(lengths.size());
  std::iota(ids.begin(), ids.end(), 0.0);
  for (std::size_t tenth = 0; tenth < 10; ++tenth) {
    const std::size_t from = lengths.size() * tenth / 10, to = std::max(from + 1, lengths.size() * (tenth + 1) / 10);
    const auto begin = lengths.begin() + static_cast<std::ptrdiff_t>(from);
    tenths.push_back(std::accumulate(begin, lengths.begin() + static_cast<std::ptrdiff_t>(to), 0.0) /
                     static_cast<double>(to - from));
  }
  const auto rho = stats::spearman(ids, lengths);
  if (!rho) return tl::unexpected(rho.error());
  add_numbers(snapshot, "norms.tenth", "", std::move(tenths));
  add_number(snapshot, "norms.rho", "", rho->rho);
  return {};
}

// [layer + 1, token, d_model] of a text.
at::Tensor stream_of(const Context& context, std::int64_t layers) {
  std::vector<at::Tensor> all = {context.point("embed")};
  for (std::int64_t layer = 0; layer < layers; ++layer)
    all.push_back(context.point("blocks." + std::to_string(layer) + ".resid_post"));
  return at::stack(all).to(at::kDouble);
}

at::Tensor unit(const at::Tensor& x) { return x / x.norm(2, -1, true).clamp_min(1e-12); }

void add_layers(Snapshot& snapshot, const at::Tensor& first, const at::Tensor& second, std::int64_t place,
                std::int64_t other_place, std::int64_t layer) {
  const at::Tensor a = unit(first), b = unit(second);
  add_tensor(snapshot, "layers.same", "", (a.select(1, place) * b.select(1, other_place)).sum(-1));
  // All pairs but those of the token with itself, and without each text's first token, whose vector is like no other.
  at::Tensor cosines = at::bmm(a, b.transpose(1, 2));                            // [layer + 1, token, token]
  at::Tensor counted = at::ones({a.size(1), b.size(1)}, cosines.options());
  counted[place][other_place] = 0;
  if (a.size(1) > 2) counted[0].zero_();
  if (b.size(1) > 2) counted.select(1, 0).zero_();
  const double count = std::max(counted.sum().item<double>(), 1.0);
  add_tensor(snapshot, "layers.others", "", (cosines * counted).sum({1, 2}) / count);

  // Who lies nearest at one layer, once what all have in common is taken away.
  const at::Tensor everyone = at::cat({first[layer].slice(0, 1), second[layer].slice(0, 1)});
  const at::Tensor common = everyone.size(0) > 0 ? everyone.mean(0) : at::zeros_like(first[layer][0]);
  const at::Tensor own = unit(first[layer][place] - common);
  struct Near { double text, place, cosine; };
  std::vector<Near> near;
  for (const auto& [text, rows] : {std::pair{0.0, first[layer]}, std::pair{1.0, second[layer]}}) {
    const at::Tensor cosine = at::mv(unit(rows - common), own);
    for (std::int64_t i = 0; i < cosine.size(0); ++i)
      if (text != 0 || i != place) near.push_back({text, static_cast<double>(i), cosine[i].item<double>()});
  }
  std::stable_sort(near.begin(), near.end(), [](const Near& x, const Near& y) { return x.cosine > y.cosine; });
  near.resize(std::min(near.size(), nearest_shown));
  std::vector<double> text, at, cosine;
  for (const Near& one : near) {
    text.push_back(one.text);
    at.push_back(one.place);
    cosine.push_back(one.cosine);
  }
  add_numbers(snapshot, "layer.near.text", "", std::move(text));
  add_numbers(snapshot, "layer.near.place", "", std::move(at));
  add_numbers(snapshot, "layer.near.cosine", "", std::move(cosine));
  add_number(snapshot, "layer.read", "", static_cast<double>(layer));
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const Tokenizer& tokenizer = job.model->tokenizer();
  const Transformer& transformer = job.model->transformer();
  const c10::InferenceMode no_gradients;
  if (!tokenizer.present()) return no_token(tokenizer, "token");
  const auto token = token_of(tokenizer, text_input(job.inputs, "token"));
  if (!token) return tl::unexpected(token.error());

  auto* kept = dynamic_cast<NeighboursSession*>(job.kept.get());
  if (!kept) {
    job.kept = std::make_unique<NeighboursSession>();
    kept = static_cast<NeighboursSession*>(job.kept.get());
    const at::Tensor table = unpacked(transformer.weights().embedding).cpu();
    kept->norms = table.norm(2, -1);
    kept->rows = table / kept->norms.clamp_min(1e-12).unsqueeze(-1);
  }

  // Read both texts, and find the token in each.
  const std::vector<std::string> points = {"embed", "blocks.*.resid_post"};
  const auto first = read_text(job, kept->first, "first", NeighboursLab::longest, points);
  if (!first) return tl::unexpected(first.error());
  const auto second = read_text(job, kept->second, "second", NeighboursLab::longest, points);
  if (!second) return tl::unexpected(second.error());
  const auto place_in = [&](const Reading& reading, const char* key) -> Result<std::int64_t> {
    const auto last = std::find(reading.ids.rbegin(), reading.ids.rend(), *token);
    if (last == reading.ids.rend()) return fail("neighbours.absent", key, {std::string(tokenizer.bytes(*token))});
    return reading.ids.rend() - last - 1;
  };
  const auto place = place_in(*first, "first"), other_place = place_in(*second, "second");
  if (!place) return tl::unexpected(place.error());
  if (!other_place) return tl::unexpected(other_place.error());

  const std::int64_t layers = transformer.config().n_layers;
  const std::int64_t layer = std::min(integer_input(job.inputs, "layer"), layers);
  Snapshot snapshot = begin_snapshot("neighbours", job.inputs, job.model->info());
  add_nearest(snapshot, tokenizer, *kept, *token, integer_input(job.inputs, "top"));
  add_baseline(snapshot, *kept);
  if (const auto done = add_norms(snapshot, *kept); !done) return tl::unexpected(done.error());
  add_token_columns(snapshot, "first", tokenizer, first->ids);
  add_number(snapshot, "first.place", "", static_cast<double>(*place));
  add_token_columns(snapshot, "second", tokenizer, second->ids);
  add_number(snapshot, "second.place", "", static_cast<double>(*other_place));
  add_layers(snapshot, stream_of(*first->context, layers), stream_of(*second->context, layers), *place, *other_place,
             layer);
  snapshot.tokens_computed = first->report.computed + second->report.computed;
  snapshot.tokens_reused = first->report.reused + second->report.reused;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> NeighboursLab::fields(const Model* model) const {
  const double layers = model ? static_cast<double>(model->info().n_layers) : 256;
  return {
      {.key = "first", .initial = std::string("We sat on the grassy bank of the river and watched the boats."),
       .max = longest_text},
      {.key = "second", .initial = std::string("She went to the bank to borrow money for a new house."),
       .max = longest_text},
      {.key = "token", .initial = std::string(" bank"), .max = longest_word},
      {.key = "layer", .initial = std::int64_t{12}, .min = 0, .max = layers, .step = 1, .forward = false},
      {.key = "top", .initial = std::int64_t{10}, .min = 1, .max = 30, .step = 1, .unit = "tokens", .forward = false},
  };
}

Result<Snapshot> NeighboursLab::run(Job& job) const {
  return guarded("first", [&] { return run_model(job); });
}

}  // namespace tb
