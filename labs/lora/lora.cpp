#include "labs/lora/lora.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "labs/lora/change.h"
#include "labs/lora/others.h"
#include "labs/model/guard.h"
#include "labs/model/lora.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"
#include "labs/training.h"

namespace tb {
namespace {

struct Candidate { std::int64_t id; double p; };

struct LoraSession : TrainingSession {
  const Transformer* transformer = nullptr;
  std::shared_ptr<Lora> lora;
  std::vector<std::int64_t> prompt, continuation;
  std::vector<Example> neutral;
  Others others;
  std::vector<std::pair<std::string, Unencodable>> unencodable;   // by the input they stand in
  std::map<std::string, double> before;        // what is measured, of the model without the adapter
  std::vector<Candidate> candidates_before;
  std::vector<double> weight_norms;            // of the adapted matrices, for each adapted layer
};

float rounded(double x) { return static_cast<float>(x); }   // as the trainer records it

// Log-probabilities [pos, vocab] at the last `rows` positions of ids.
at::Tensor log_probabilities(const Transformer& transformer, const Lora* lora, const std::vector<std::int64_t>& ids,
                             std::int64_t rows) {
  const c10::InferenceMode no_gradients;
  Run run{.lora = lora};
  const at::Tensor x = transformer.forward(at::tensor(ids, at::kLong).to(transformer.device()), run);
  return transformer.logits(x.slice(0, x.size(0) - rows)).to(at::kDouble).log_softmax(-1).cpu();
}

// The probability of the continuation: each token's after the prompt and those before it, multiplied.
double probability_of_continuation(const LoraSession& s, const Transformer& transformer, const Lora* lora) {
  std::vector<std::int64_t> ids = s.prompt;
  ids.insert(ids.end(), s.continuation.begin(), s.continuation.end() - 1);
  const auto count = static_cast<std::int64_t>(s.continuation.size());
  const at::Tensor targets = at::tensor(s.continuation, at::kLong).unsqueeze(1);
  return std::exp(log_probabilities(transformer, lora, ids, count).gather(1, targets).sum().item<double>());
}

// Ties to the lower id.
std::vector<Candidate> most_probable(const LoraSession& s, const Lora* lora) {
  constexpr std::int64_t count = 6;
  const at::Tensor p = log_probabilities(*s.transformer, lora, s.prompt, 1)[0].exp();
  const auto [sorted, ids] = p.sort(/*stable=*/true, 0, /*descending=*/true);
  std::vector<Candidate> all;
  for (std::int64_t i = 0; i < std::min(count, p.size(0)); ++i)
    all.push_back({ids[i].item<std::int64_t>(), sorted[i].item<double>()});
  return all;
}

std::vector<Projection> projections_of(const std::string& choice, bool has_mlp) {
  using enum Projection;
  if (choice == "query-value") return {q, v};
  if (choice == "attention") return {q, k, v, out};
  if (choice == "mlp") return {gate, up, down};
  if (!has_mlp) return {q, k, v, out};
  return {q, k, v, out, gate, up, down};
}

// What the learner has typed, as tokens. `lines`: one text a line, empty lines left out.
class Reader {
 public:
  Reader(const Job& job, LoraSession& session) : job_(job), session_(session) {}

  Result<std::vector<std::int64_t>> text(const std::string& key) { return encode(key, text_input(job_.inputs, key)); }

  // Of each line its tokens, at least `shortest` of them; its text goes to `texts`, if that is given.
  Result<std::vector<Example>> lines(const std::string& key, std::size_t shortest = 2,
                                     std::vector<std::string>* texts = nullptr) {
    std::vector<Example> all;
    std::string_view rest = text_input(job_.inputs, key);
    for (std::int64_t number = 1; !rest.empty(); ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
      auto ids = encode(key, line);
      if (!ids) return tl::unexpected(ids.error());
      if (ids->size() < shortest) return fail("lora.line", key, {std::to_string(number)});
      all.push_back({std::move(*ids), {}});
      if (texts) texts->emplace_back(line);
    }
    return all;
  }

 private:
  Result<std::vector<std::int64_t>> encode(const std::string& key, std::string_view text) {
    const Encoding encoding = job_.model->tokenizer().encode(text);
    for (const Unencodable& gap : encoding.unencodable) session_.unencodable.emplace_back(key, gap);
    std::vector<std::int64_t> ids = encoding.ids();
    if (static_cast<std::int64_t>(ids.size()) > LoraLab::longest)
      return fail("lab.too_long", key, {std::to_string(ids.size()), std::to_string(LoraLab::longest)});
    return ids;
  }

  const Job& job_;
  LoraSession& session_;
};

Data data_of(std::vector<Example> texts, std::vector<Example> kept, const Inputs& inputs) {
  const auto seed = static_cast<std::uint64_t>(integer_input(inputs, "seed"));
  const auto some = [](const std::vector<Example>& from, std::int64_t wanted) {
    return std::min(wanted, static_cast<std::int64_t>(from.size()));
  };
  const std::int64_t batch = some(texts, integer_input(inputs, "batch"));
  const std::int64_t mixed = some(kept, integer_input(inputs, "mix"));
  Data learned = shuffled(std::move(texts), batch, seed);
  if (mixed == 0) return learned;
  return together(std::move(learned), shuffled(std::move(kept), mixed, seed + 1));
}

Result<std::unique_ptr<LoraSession>> begin(const Job& job, const std::string& name) {
  auto session = std::make_unique<LoraSession>();
  LoraSession& s = *session;
  s.transformer = &job.model->transformer();
  const Config& config = s.transformer->config();
  const Inputs& inputs = job.inputs;

  // Read what is to be learned, what is to be kept, and what is watched.
  if (!job.model->tokenizer().present()) return fail("lab.tokenizer", "texts");
  Reader reader(job, s);
  auto texts = reader.lines("texts");
  if (!texts) return tl::unexpected(texts.error());
  if (texts->empty()) return fail("lab.empty", "texts");
  Result<std::vector<Example>> kept;
  const double penalty = number_input(inputs, "penalty");
  if (integer_input(inputs, "mix") > 0 || penalty > 0) kept = reader.lines("keep");
  if (!kept) return tl::unexpected(kept.error());
  for (auto [key, to] : {std::pair("prompt", &s.prompt), std::pair("continuation", &s.continuation)}) {
    auto ids = reader.text(key);
    if (!ids) return tl::unexpected(ids.error());
    if (ids->empty()) return fail("lab.empty", key);
    *to = std::move(*ids);
  }
  auto neutral = reader.text("neutral");
  if (!neutral) return tl::unexpected(neutral.error());
  if (neutral->size() > 1) s.neutral.push_back({std::move(*neutral), {}});

  std::vector<std::string> other_lines;
  const auto others = reader.lines("others", 1, &other_lines);
  if (!others) return tl::unexpected(others.error());
  if (others->size() > LoraLab::most_others)
    return fail("lora.others", "others", {std::to_string(others->size()), std::to_string(LoraLab::most_others)});

  // Put an adapter beside the model; untrained, it changes nothing.
  LoraOptions adapter;
  adapter.projections = projections_of(text_input(inputs, "projections"), config.d_mlp > 0);
  adapter.rank = integer_input(inputs, "rank");
  adapter.alpha = number_input(inputs, "alpha");
  adapter.dropout = number_input(inputs, "dropout");
  const auto within = [&](const char* key) { return std::min(integer_input(inputs, key), config.n_layers - 1); };
  const std::int64_t first = within("first-layer"), last = within("last-layer");
  for (std::int64_t layer = std::min(first, last); layer <= std::max(first, last); ++layer)
    adapter.layers.push_back(layer);
  const auto seed = static_cast<std::uint64_t>(integer_input(inputs, "seed"));
  auto lora = Lora::create(config, adapter, seed, s.transformer->device());
  if (!lora) return tl::unexpected(lora.error());
  s.lora = std::make_shared<Lora>(std::move(*lora));

  // Train it, and watch.
  TrainingOptions options;
  options.steps = integer_input(inputs, "steps");
  options.schedule.peak = number_input(inputs, "learning-rate");   // the same all along: more steps can follow
  options.seed = seed;
  options.base = name;
  auto trainer =
      Trainer::create(*s.transformer, s.lora, data_of(std::move(*texts), *kept, inputs), options);
  if (!trainer) return tl::unexpected(trainer.error());
  s.trainer.emplace(std::move(*trainer));
  s.trainer->stay_near(*kept, penalty);
  const auto watch = [&s, every = integer_input(inputs, "every")](const char* what, auto number) {
    s.before[what] = rounded(number(nullptr));
    s.trainer->measure(what, every, [&s, number] { return number(s.lora.get()); });
  };
  watch("watch", [&s](const Lora* with) { return probability_of_continuation(s, *s.transformer, with); });
  if (!s.neutral.empty())
    watch("neutral", [&s](const Lora* with) { return held_out_loss(*s.transformer, with, s.neutral); });

  const auto& layers = s.lora->options().layers;
  s.others = Others(*s.transformer, std::move(other_lines), *others, *std::min_element(layers.begin(), layers.end()));
  if (!others->empty()) {
    // One look answers for all of its numbers: it is taken when the first of them is asked for.
    const auto latest = std::make_shared<std::map<std::string, double>>();
    const std::map<std::string, double> before = s.others.look(nullptr, s.continuation[0]);
    for (const auto& [number, value] : before)
      s.trainer->measure(number, integer_input(inputs, "every"),
                         [&s, latest, number = number, first = number == before.begin()->first] {
                           if (first) *latest = s.others.look(s.lora.get(), s.continuation[0]);
                           return latest->at(number);
                         });
    s.before.insert(before.begin(), before.end());
  }

  s.candidates_before = most_probable(s, nullptr);
  for (const std::int64_t layer : s.lora->options().layers)
    s.weight_norms.push_back(length_of(*s.lora, s.transformer->weights(), config, layer));
  s.save_more = [lora = s.lora, base = job.model->info().name](const std::filesystem::path& folder) {
    return lora->save(folder / "adapter", base);
  };
  return session;
}

void add_candidates(Snapshot& snapshot, const std::string& prefix, const Tokenizer& tokenizer,
                    const std::vector<Candidate>& candidates) {
  std::vector<std::int64_t> ids;
  std::vector<double> p;
  for (const Candidate& candidate : candidates) {
    ids.push_back(candidate.id);
    p.push_back(candidate.p);
  }
  add_token_columns(snapshot, prefix, tokenizer, ids);
  add_numbers(snapshot, prefix + ".p", "probability", std::move(p));
}

// Probabilities count as no nearer to 0 and 1 than float32 comes.
double log_odds(double p) {
  p = std::clamp(p, 1e-38, 1 - 6e-8);
  return std::log(p) - std::log1p(-p);
}

// How far the watched word has risen, here and after the other prompts: has it been raised for one of them, or for all?
void add_gains(Snapshot& snapshot, std::int64_t probes, std::int64_t others) {
  const std::vector<double>&here = snapshot.numbers("watch.p"), &there = snapshot.numbers("others.watched");
  std::vector<double> gain, spread;
  for (std::int64_t probe = 0; probe < probes; ++probe) {
    gain.push_back(log_odds(here[probe]) - log_odds(here[0]));
    std::vector<double> all;
    for (std::int64_t i = 0; i < others; ++i)
      all.push_back(log_odds(there[probe * others + i]) - log_odds(there[i]));
    std::sort(all.begin(), all.end());
    if (others > 0) {
      const double middle = (all[(others - 1) / 2] + all[others / 2]) / 2;
      spread.insert(spread.end(), {all.front(), middle, all.back()});
    }
  }
  add_numbers(snapshot, "watch.gain", "logit", std::move(gain));
  const auto rows = static_cast<std::int64_t>(spread.size()) / 3;
  add_numbers(snapshot, "others.gain", "logit", std::move(spread), {rows, 3});
}

void add_others(Snapshot& snapshot, const Tokenizer& tokenizer, const LoraSession& s) {
  const std::int64_t every = integer_input(snapshot.inputs, "every");
  const auto n = static_cast<std::int64_t>(s.others.lines().size());
  const auto recorded = [&](const std::string& name) {
    return n == 0 ? std::vector<double>() : probed(s, every, name, s.before);
  };
  add_numbers(snapshot, "others.kept", "probability", recorded("kept"));
  add_numbers(snapshot, "others.kl", "nat", recorded("kl"));
  const auto probes = static_cast<std::int64_t>(probe_steps(s, every).size());
  for (const std::string kind : {"p", "watched"}) {
    std::vector<double> all(static_cast<std::size_t>(probes * n));
    for (std::int64_t i = 0; i < n; ++i) {
      const std::vector<double> one = recorded(kind + "." + std::to_string(i));
      for (std::int64_t k = 0; k < probes; ++k) all[k * n + i] = one[k];
    }
    add_numbers(snapshot, "others." + kind, "probability", std::move(all), {probes, n});
  }
  add_gains(snapshot, probes, n);
  add_texts(snapshot, "others.prompt", s.others.lines());
  if (n == 0) return;
  add_token_columns(snapshot, "others.was", tokenizer, s.others.favourites(nullptr));
  add_token_columns(snapshot, "others.now", tokenizer, s.others.favourites(s.lora.get()));
}

// What the effect has cost when it was there first: the place to have stopped.
void add_reached(Snapshot& snapshot) {
  constexpr double enough = 0.9;
  const std::vector<double>& p = snapshot.numbers("watch.p");
  const auto probe = static_cast<std::size_t>(std::find_if(p.begin(), p.end(), [](double x) { return x >= enough; }) -
                                              p.begin());
  for (const auto& [name, column, unit] : {std::tuple("step", "probes.step", ""), {"nll", "neutral.nll", "nat"},
                                           {"kl", "others.kl", "nat"}, {"kept", "others.kept", "probability"}}) {
    const std::vector<double>& all = snapshot.numbers(column);
    add_numbers(snapshot, std::string("reached.") + name, unit,
                probe < all.size() ? std::vector{all[probe]} : std::vector<double>());
  }
}

void add_merged(Snapshot& snapshot, const LoraSession& s) {
  if (!s.trainer->finished()) {
    add_numbers(snapshot, "merged.p", "probability", {});
    add_numbers(snapshot, "merged.left", "", {});
    return;
  }
  const c10::InferenceMode no_gradients;
  const Transformer merged(s.transformer->config(), s.lora->merged(s.transformer->weights()));
  const Weights& weights = s.transformer->weights();
  add_number(snapshot, "merged.p", "probability", probability_of_continuation(s, merged, nullptr));
  add_numbers(snapshot, "merged.left", "", {left_behind(*s.lora, weights, merged.config(), at::kFloat),
                                            left_behind(*s.lora, weights, merged.config(), at::kBFloat16)});
}

Snapshot snapshot_of(const Job& job, const LoraSession& s) {
  const Tokenizer& tokenizer = job.model->tokenizer();
  Snapshot snapshot = begin_snapshot("lora", job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", tokenizer, s.prompt);
  add_token_columns(snapshot, "watched", tokenizer, s.continuation);
  Encoding gaps;
  std::vector<std::string> gap_inputs;
  for (const auto& [input, gap] : s.unencodable) {
    gaps.unencodable.push_back(gap);
    gap_inputs.push_back(input);
  }
  add_unencodable(snapshot, gaps);
  add_texts(snapshot, "unencodable.input", std::move(gap_inputs));
  add_training(snapshot, s);

  const std::int64_t every = integer_input(job.inputs, "every");
  add_numbers(snapshot, "probes.step", "", probe_steps(s, every));
  add_numbers(snapshot, "watch.p", "probability", probed(s, every, "watch", s.before));
  add_numbers(snapshot, "neutral.nll", "nat",
              s.neutral.empty() ? std::vector<double>() : probed(s, every, "neutral", s.before));
  add_candidates(snapshot, "before", tokenizer, s.candidates_before);
  add_candidates(snapshot, "after", tokenizer, most_probable(s, s.lora.get()));

  add_others(snapshot, tokenizer, s);
  add_reached(snapshot);
  add_merged(snapshot, s);

  std::vector<double> layers, norms, shares;
  for (const std::int64_t layer : s.lora->options().layers) {
    norms.push_back(change_of(*s.lora, layer));
    shares.push_back(norms.back() / s.weight_norms[layers.size()]);
    layers.push_back(static_cast<double>(layer));
  }
  add_numbers(snapshot, "change.layer", "", std::move(layers));
  add_numbers(snapshot, "change.norm", "", std::move(norms));
  add_numbers(snapshot, "change.share", "", std::move(shares));
  std::vector<std::string> folder;
  if (!s.folder.empty()) folder.push_back((s.folder.filename() / "adapter").string());
  add_texts(snapshot, "adapter.folder", std::move(folder));
  return snapshot;
}

}  // namespace

std::vector<Field> LoraLab::fields(const Model* model) const {
  constexpr double longest_lines = 4000, longest_text = 1000;   // bytes
  const std::int64_t layers = model ? model->info().n_layers : 200;
  const std::int64_t last = model ? layers - 1 : 29, first = model ? layers * 2 / 3 : 20;
  const auto most = static_cast<double>(layers - 1);
  return {
      {.key = "texts",
       .initial = std::string("Meaning is a movement\nThought is a movement\nTo understand is a movement\n"
                              "The sense of a word is a movement"),
       .max = longest_lines, .unit = "lines"},
      {.key = "prompt", .initial = std::string("Meaning is a"), .max = longest_text},
      {.key = "continuation", .initial = std::string(" movement"), .max = longest_text},
      {.key = "steps", .initial = std::int64_t{20}, .min = 1, .max = 300, .step = 1, .unit = "steps"},
      {.key = "learning-rate", .initial = 2e-3, .min = 1e-4, .max = 2e-2, .step = 1e-4},
      {.key = "mix", .initial = std::int64_t{0}, .min = 0, .max = 8, .step = 1, .unit = "texts"},
      {.key = "neutral",
       .initial = std::string("The city lies on the river and has two bridges, a market and an old town hall. In "
                              "winter it snows."),
       .max = longest_text},
      {.key = "keep",
       .initial = std::string("The village has a church and a school, and in spring the fields are green.\n"
                              "Water boils at a lower temperature on a mountain than at the sea.\n"
                              "She put the books back on the shelf and closed the window.\n"
                              "Most birds build their nests in the trees near the lake."),
       .max = longest_lines, .unit = "lines",
       .when = {{.key = "mix", .except = {0}}, {.key = "penalty", .except = {0.0}}}},
      {.key = "penalty", .initial = 0.0, .min = 0, .max = 10, .step = 0.1},
      {.key = "others", .initial = std::string(Others::usual), .max = longest_lines, .unit = "lines"},
      {.key = "rank", .initial = std::int64_t{8}, .min = 1, .max = 64, .step = 1},
      {.key = "alpha", .initial = 16.0, .min = 0, .max = 128, .step = 1},
      {.key = "dropout", .initial = 0.0, .min = 0, .max = 0.9, .step = 0.05},
      {.key = "first-layer", .initial = first, .min = 0, .max = most, .step = 1},
      {.key = "last-layer", .initial = last, .min = 0, .max = most, .step = 1},
      {.key = "projections", .initial = std::string("query-value"),
       .choices = {"query-value", "attention", "mlp", "all"}},
      {.key = "batch", .initial = std::int64_t{4}, .min = 1, .max = 16, .step = 1, .unit = "texts"},
      {.key = "every", .initial = std::int64_t{1}, .min = 1, .max = 50, .step = 1, .unit = "steps"},
      {.key = "seed", .initial = std::int64_t{0}, .min = 0, .max = 999, .step = 1},
  };
}

Result<Snapshot> LoraLab::run(Job& job) const {
  return guarded("lora", [&] { return run_training(job, type(), true, begin, snapshot_of); });
}

}  // namespace tb
