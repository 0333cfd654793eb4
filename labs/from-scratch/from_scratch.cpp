#include "labs/from-scratch/from_scratch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "labs/model/analysis/patterns.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"
#include "labs/training.h"

namespace tb {
namespace {

constexpr std::int64_t probe_texts = 32, pattern_texts = 8;   // measured at each probe

struct ScratchSession : TrainingSession {
  std::unique_ptr<Transformer> transformer;
  Repeats task;
  Batch held_out;                          // probe_texts texts that are not trained on
  std::map<std::string, double> before;    // what is measured, before any training
};

std::int64_t learned_parameters(const Trainer& trainer) {
  std::int64_t count = 0;
  for (const Parameter& p : trainer.parameters()) count += p.tensor.numel();
  return count;
}

at::Tensor on(at::Device device, std::span<const std::int64_t> numbers) {
  return at::tensor(at::IntArrayRef(numbers.data(), numbers.size()), at::kLong).to(device);
}

// The texts of a batch without padding, whole: what stands last is a target alone.
std::vector<std::vector<std::int64_t>> texts_of(const Batch& batch) {
  std::vector<std::vector<std::int64_t>> texts;
  for (std::int64_t end = batch.pos(); end <= batch.texts * batch.pos(); end += batch.pos()) {
    texts.emplace_back(batch.ids.begin() + end - batch.pos(), batch.ids.begin() + end);
    texts.back().push_back(batch.targets[end - 1]);
  }
  return texts;
}

// Of each token that follows one of the batch's, whether it can be known or not: its loss, and whether the model would
// have chosen it, [text, pos].
struct Judged { at::Tensor loss, right; };
Judged judge(const Transformer& transformer, const Batch& batch) {
  const c10::InferenceMode no_gradients;
  std::vector<std::int64_t> next;
  for (const auto& text : texts_of(batch)) next.insert(next.end(), text.begin() + 1, text.end());
  Run run{.texts = batch.texts};
  const at::Tensor logits = transformer.logits(transformer.forward(on(transformer.device(), batch.ids), run));
  const at::Tensor targets = on(transformer.device(), next);
  const auto as_texts = [&](const at::Tensor& x) { return x.view({batch.texts, batch.pos()}).to(at::kDouble).cpu(); };
  return {as_texts(-logits.log_softmax(-1).gather(1, targets.unsqueeze(1))), as_texts(logits.argmax(-1).eq(targets))};
}

// The patterns of one text, [layer, head, query, key].
at::Tensor patterns(const Transformer& transformer, std::span<const std::int64_t> ids) {
  const c10::InferenceMode no_gradients;
  std::vector<at::Tensor> layers;
  Run run;
  run.watch = [&](Point point, std::int64_t, at::Tensor x) {
    if (point == Point::pattern) layers.push_back(x.cpu());
    return x;
  };
  transformer.forward(on(transformer.device(), ids), run);
  return at::stack(layers);
}

// One probe, by the names that the trainer records.
std::map<std::string, double> probe(const ScratchSession& s) {
  std::map<std::string, double> all;
  // What the tokens cost that can be known, and those where every text repeats: from token longest + 1 on, which is
  // column `longest`.
  const auto [loss, right] = judge(*s.transformer, s.held_out);
  const at::Tensor known = on(at::kCPU, s.held_out.targets).view(loss.sizes()).ge(0);
  all["held_out.loss"] = loss.masked_select(known).mean().item<double>();
  all["held_out.right"] = right.masked_select(known).mean().item<double>();
  all["late"] = loss.slice(1, s.task.longest).mean().item<double>();

  // What the heads look at.
  std::vector<std::vector<std::int64_t>> texts = texts_of(s.held_out);
  texts.resize(pattern_texts);
  for (const std::vector<std::int64_t>& ids : texts) {
    const at::Tensor all_layers = patterns(*s.transformer, ids);
    for (std::int64_t layer = 0; layer < all_layers.size(0); ++layer) {
      const HeadScores scores = head_scores(all_layers[layer], ids);
      for (std::int64_t head = 0; head < all_layers.size(1); ++head) {
        const std::string place = "." + std::to_string(layer) + "." + std::to_string(head);
        all["previous" + place] += scores.previous[head].item<double>() / pattern_texts;
        all["induction" + place] += scores.induction[head].item<double>() / pattern_texts;
      }
    }
  }
  for (auto& [name, x] : all) x = static_cast<float>(x);   // as it is recorded
  return all;
}

Config config_of(const Inputs& inputs) {
  Config c;
  c.architecture = "llama";
  c.n_layers = integer_input(inputs, "layers");
  c.n_heads = c.n_kv_heads = integer_input(inputs, "heads");
  c.d_model = integer_input(inputs, "width");
  c.d_head = std::max<std::int64_t>(2, c.d_model / c.n_heads / 2 * 2);   // rotation turns pairs
  c.d_mlp = switch_input(inputs, "mlp") ? 4 * c.d_model : 0;
  c.vocabulary = integer_input(inputs, "vocabulary");
  c.context = integer_input(inputs, "length");
  c.norm_epsilon = 1e-5;
  c.rope_theta = 10000;
  return c;
}

Result<Repeats> task_of(const Inputs& inputs) {
  const Repeats task{.vocabulary = integer_input(inputs, "vocabulary"), .length = integer_input(inputs, "length"),
                     .shortest = integer_input(inputs, "shortest"), .longest = integer_input(inputs, "longest"),
                     .texts = integer_input(inputs, "batch")};
  if (task.shortest > task.longest)
    return fail("from-scratch.pieces", "shortest", {std::to_string(task.shortest), std::to_string(task.longest)});
  if (task.longest + 2 > task.length)
    return fail("from-scratch.length", "length", {std::to_string(task.length), std::to_string(task.longest + 2)});
  return task;
}

Result<std::unique_ptr<ScratchSession>> begin(const Job& job, const std::string& name) {
  auto session = std::make_unique<ScratchSession>();
  ScratchSession& s = *session;
  auto task = task_of(job.inputs);
  if (!task) return tl::unexpected(task.error());
  s.task = *task;
  const auto seed = static_cast<std::uint64_t>(integer_input(job.inputs, "seed"));
  auto transformer = from_scratch(config_of(job.inputs), seed, job.model->transformer().device());
  if (!transformer) return tl::unexpected(transformer.error());
  s.transformer = std::make_unique<Transformer>(std::move(*transformer));

  TrainingOptions options;
  options.steps = integer_input(job.inputs, "steps");
  options.schedule = {.peak = number_input(job.inputs, "learning-rate"), .warm_up = 20};   // then the same all along
  options.adamw.weight_decay = 0;
  options.adamw.beta2 = 0.98;
  options.base = name;
  auto trainer = Trainer::create(*s.transformer, nullptr, repeated_pieces(s.task, seed + 1), options);
  if (!trainer) return tl::unexpected(trainer.error());
  s.trainer.emplace(std::move(*trainer));

  Repeats held_out = s.task;
  held_out.texts = probe_texts;
  s.held_out = repeated_pieces(held_out, seed + 2)(0);
  s.before = probe(s);
  // One probe answers for all of its numbers: it runs when the first of them is asked for.
  const auto latest = std::make_shared<std::map<std::string, double>>();
  for (const auto& [number, value] : s.before)
    s.trainer->measure(number, integer_input(job.inputs, "every"),
                       [&s, latest, number = number, first = number == s.before.begin()->first] {
                         if (first) *latest = probe(s);
                         return latest->at(number);
                       });
  return session;
}

void add_probes(Snapshot& snapshot, const ScratchSession& s) {
  const std::int64_t every = integer_input(snapshot.inputs, "every");
  const auto get = [&](const std::string& name) { return probed(s, every, name, s.before); };
  std::vector<double> steps = probe_steps(s, every), late = get("late"), gain;
  for (const double loss : late) gain.push_back(loss - std::log(static_cast<double>(s.task.vocabulary)));
  const auto probes = static_cast<std::int64_t>(steps.size());
  add_numbers(snapshot, "probes.step", "", std::move(steps));
  add_numbers(snapshot, "held_out.loss", "nat", get("held_out.loss"));
  add_numbers(snapshot, "held_out.right", "probability", get("held_out.right"));
  add_numbers(snapshot, "score.late", "nat", std::move(late));
  add_numbers(snapshot, "score.in_context", "nat", std::move(gain));
  const Config& config = s.transformer->config();
  for (const std::string kind : {"previous", "induction"}) {
    const std::int64_t heads = config.n_layers * config.n_heads;
    std::vector<double> all(static_cast<std::size_t>(probes * heads));
    for (std::int64_t i = 0; i < heads; ++i) {
      const std::vector<double> one =
          get(kind + "." + std::to_string(i / config.n_heads) + "." + std::to_string(i % config.n_heads));
      for (std::int64_t k = 0; k < probes; ++k) all[k * heads + i] = one[k];
    }
    add_numbers(snapshot, "heads." + kind, "", std::move(all), {probes, config.n_layers, config.n_heads});
  }
}

// What a guess costs: the mean over the tokens that can be known, of all lengths that a piece can have.
double guess_among_piece(const Repeats& task) {
  double sum = 0, tokens = 0;
  for (std::int64_t piece = task.shortest; piece <= task.longest; ++piece) {
    const auto known = static_cast<double>(task.length - piece - 1);
    sum += known * std::log(static_cast<double>(piece));
    tokens += known;
  }
  return sum / tokens;
}

void add_example(Snapshot& snapshot, const ScratchSession& s) {
  // A piece of middle length.
  Repeats one = s.task;
  one.texts = 1;
  one.shortest = one.longest = (s.task.shortest + s.task.longest) / 2;
  const Batch text = repeated_pieces(one, static_cast<std::uint64_t>(integer_input(snapshot.inputs, "seed")) + 3)(0);
  const std::vector<std::int64_t> ids = texts_of(text)[0];
  const at::Tensor loss = judge(*s.transformer, text).loss[0];
  std::vector<double> known = {0}, p = {std::numeric_limits<double>::quiet_NaN()};
  for (std::int64_t i = 0; i < text.pos(); ++i) {
    known.push_back(text.targets[i] >= 0);
    p.push_back(std::exp(-loss[i].item<double>()));
  }
  add_numbers(snapshot, "tokens.id", "token", {ids.begin(), ids.end()});
  add_numbers(snapshot, "tokens.known", "", std::move(known));
  add_numbers(snapshot, "tokens.p", "probability", std::move(p));
  const at::Tensor pattern = patterns(*s.transformer, ids).to(at::kDouble).contiguous();
  const double* data = pattern.const_data_ptr<double>();
  add_numbers(snapshot, "pattern.attention", "probability", {data, data + pattern.numel()}, pattern.sizes().vec());
}

Snapshot snapshot_of(const Job& job, const ScratchSession& s) {
  Snapshot snapshot = begin_snapshot("from-scratch", job.inputs, job.model->info());
  snapshot.dtype = "float32";   // whatever the loaded model's is
  add_training(snapshot, s);
  add_probes(snapshot, s);
  add_number(snapshot, "guess.uniform", "nat", std::log(static_cast<double>(s.task.vocabulary)));
  add_number(snapshot, "guess.piece", "nat", guess_among_piece(s.task));
  add_example(snapshot, s);
  add_number(snapshot, "model.parameters", "", static_cast<double>(learned_parameters(*s.trainer)));
  return snapshot;
}

}  // namespace

std::vector<Field> FromScratchLab::fields(const Model*) const {
  return {
      {.key = "layers", .initial = std::int64_t{2}, .min = 1, .max = 4, .step = 1},
      {.key = "mlp", .initial = false},
      {.key = "steps", .initial = std::int64_t{500}, .min = 1, .max = 5000, .step = 1, .unit = "steps"},
      {.key = "shortest", .initial = std::int64_t{8}, .min = 2, .max = 32, .step = 1, .unit = "tokens"},
      {.key = "longest", .initial = std::int64_t{20}, .min = 2, .max = 32, .step = 1, .unit = "tokens"},
      {.key = "learning-rate", .initial = 3e-3, .min = 1e-4, .max = 3e-2, .step = 1e-4},
      {.key = "seed", .initial = std::int64_t{0}, .min = 0, .max = 999, .step = 1},
      {.key = "heads", .initial = std::int64_t{4}, .min = 1, .max = 8, .step = 1},
      {.key = "width", .initial = std::int64_t{64}, .min = 8, .max = 256, .step = 8},
      {.key = "vocabulary", .initial = std::int64_t{64}, .min = 4, .max = 256, .step = 1, .unit = "tokens"},
      {.key = "length", .initial = std::int64_t{48}, .min = 4, .max = 64, .step = 1, .unit = "tokens"},
      {.key = "batch", .initial = std::int64_t{32}, .min = 1, .max = 64, .step = 1, .unit = "texts"},
      {.key = "every", .initial = std::int64_t{10}, .min = 1, .max = 100, .step = 1, .unit = "steps"},
  };
}

Result<Snapshot> FromScratchLab::run(Job& job) const {
  return guarded("from-scratch", [&] { return run_training(job, type(), false, begin, snapshot_of); });
}

}  // namespace tb
