#include "labs/model/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include "labs/model/guard.h"

namespace tb {

namespace {

at::Tensor tensor_of(std::span<const std::int64_t> numbers, at::Device device) {
  return at::tensor(at::IntArrayRef(numbers.data(), numbers.size()), at::kLong).to(device);
}

// The first block that holds, or reads, something that is trained; n_layers where only what follows them is.
std::int64_t first_trained_layer(const Transformer& transformer, const Lora* lora) {
  const Config& config = transformer.config();
  if (!lora && transformer.weights().embedding.dense.defined() && transformer.weights().embedding.dense.requires_grad())
    return 0;
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    const Block& block = transformer.weights().blocks[layer];
    if (!lora && block.norm1.requires_grad()) return layer;
    for (std::size_t p = 0; lora && p < n_projections; ++p)
      if (lora->pair(layer, static_cast<Projection>(p)).a.defined()) return layer;
  }
  return config.n_layers;
}

// The name of an option that makes no sense, or "".
std::string wrong_option(const TrainingOptions& o) {
  const auto positive = [](double x) { return std::isfinite(x) && x > 0; };
  const auto fraction = [](double x) { return x >= 0 && x < 1; };
  if (o.steps < 1) return "steps";
  if (!positive(o.schedule.peak)) return "peak";
  if (!(std::isfinite(o.schedule.last) && o.schedule.last >= 0)) return "last";
  if (o.schedule.warm_up < 0) return "warm_up";
  if (!fraction(o.adamw.beta1)) return "beta1";
  if (!fraction(o.adamw.beta2)) return "beta2";
  if (!positive(o.adamw.epsilon)) return "epsilon";
  if (!(std::isfinite(o.adamw.weight_decay) && o.adamw.weight_decay >= 0)) return "weight_decay";
  if (!(std::isfinite(o.clip) && o.clip >= 0)) return "clip";
  if (o.pieces < 1) return "pieces";
  if (o.save_every < 1) return "save_every";
  return "";
}

}  // namespace

Trainer::Trainer(const Transformer& transformer, std::shared_ptr<Lora> lora, Data data, TrainingOptions options)
    : transformer_(&transformer), lora_(std::move(lora)), data_(std::move(data)), options_(std::move(options)),
      parameters_(lora_ ? lora_->parameters() : parameters_of(transformer.config(), transformer.weights(), true)),
      tensors_([&] {
        std::vector<at::Tensor> all;
        for (const Parameter& p : parameters_) all.push_back(p.tensor.requires_grad_(true));
        return all;
      }()),
      optimiser_(tensors_, options_.adamw), first_layer_(first_trained_layer(transformer, lora_.get())) {}

Result<Trainer> Trainer::create(const Transformer& transformer, std::shared_ptr<Lora> lora, Data data,
                                TrainingOptions options) {
  if (const std::string name = wrong_option(options); !name.empty()) return fail("training.options", name, {name});
  return guarded("training", [&]() -> Result<Trainer> {
    const c10::InferenceMode off(false);
    Trainer trainer(transformer, std::move(lora), std::move(data), std::move(options));
    if (trainer.parameters_.empty()) return fail("training.nothing", "training");
    return trainer;
  });
}

void Trainer::measure(std::string name, std::int64_t every, std::function<double()> number) {
  measurements_.push_back({std::move(name), std::max<std::int64_t>(1, every), std::move(number)});
}

Result<void> Trainer::check(const Batch& batch) const {
  const Config& config = transformer_->config();
  const std::string where = "training:" + std::to_string(steps_done());
  if (batch.texts < 1 || batch.ids.empty() || batch.learned() == 0) return fail("training.batch", where);
  if (batch.pos() > config.context)
    return fail("run.too_long", where, {std::to_string(batch.pos()), std::to_string(config.context)});
  for (const auto* ids : {&batch.ids, &batch.targets})
    for (const std::int64_t id : *ids)
      if (id < (ids == &batch.ids ? 0 : -1) || id >= config.vocabulary)
        return fail("run.id", where, {std::to_string(id), std::to_string(config.vocabulary - 1)});
  return {};
}

// The residual stream before the first trained block, [text * pos, d_model]: for each text it is computed once.
at::Tensor Trainer::lower_blocks(const Batch& batch) {
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> rows;
  for (std::int64_t text = 0; text < batch.texts; ++text) {
    const auto first = batch.ids.begin() + text * batch.pos();
    const std::vector<std::int64_t> ids(first, first + batch.pos());
    if (const auto known = lower_.find(ids); known != lower_.end()) {
      rows.push_back(known->second);
      continue;
    }
    at::Tensor stream;
    Run run{.stopped = [&] { return stream.defined(); }};
    run.watch = [&](Point point, std::int64_t layer, at::Tensor x) {
      if (point == Point::resid_post && layer == first_layer_ - 1) stream = x;
      return x;
    };
    transformer_->forward(tensor_of(ids, transformer_->device()), run);
    rows.push_back(stream);
    const auto bytes = static_cast<std::int64_t>(stream.nbytes());
    if (lower_bytes_ + bytes > options_.reuse_bytes) continue;
    lower_bytes_ += bytes;
    lower_.emplace(ids, stream);
  }
  return at::cat(rows);
}

void Trainer::stay_near(std::span<const Example> texts, double weight) {
  near_ = batch_of(texts);
  near_weight_ = near_.learned() > 0 && lora_ ? weight : 0;
}

// Logits [learned, vocab] where something is to be learned; the other rows need none. Undefined if the run was stopped.
at::Tensor Trainer::read(const Batch& batch, Run& run) {
  const bool reuse = first_layer_ > 0 && options_.reuse_bytes > 0;
  const at::Tensor x = reuse ? transformer_->forward_from(first_layer_, lower_blocks(batch), run)
                             : transformer_->forward(tensor_of(batch.ids, transformer_->device()), run);
  if (!x.defined()) return {};
  const at::Tensor rows = tensor_of(batch.targets, transformer_->device()).ge(0).nonzero().squeeze(1);
  return transformer_->logits(x.index_select(0, rows));
}

// [penalty]
void Trainer::hold_near(Run& run) {
  if (!near_log_p_.defined()) {
    const at::NoGradGuard no_gradients;
    Run without{.texts = near_.texts};
    near_log_p_ = read(near_, without).log_softmax(-1);
  }
  const at::Tensor logits = read(near_, run);
  if (!logits.defined()) return;
  const at::Tensor distance =
      at::kl_div(logits.log_softmax(-1), near_log_p_, at::Reduction::Sum, /*log_target=*/true) / logits.size(0);
  (near_weight_ * distance).backward({}, std::nullopt, false, tensors_);   // adds to the batch's gradient
}
// [/penalty]

// Puts the gradient of the batch's mean loss into the parameters, and gives back that loss.
Result<double> Trainer::learn_from(const Batch& batch, const Progress& progress) {
  const std::int64_t learned = batch.learned(), pieces = std::min(options_.pieces, batch.texts);
  Random dropout = random_for(options_.seed, static_cast<std::uint64_t>(steps_done()));
  const auto stopped = [&] { return progress.stop.stop_requested(); };
  for (const at::Tensor& p : tensors_) p.mutable_grad().reset();
  double sum = 0;
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    const std::int64_t first = piece * batch.texts / pieces, end = (piece + 1) * batch.texts / pieces;
    const Batch part = batch.part(first, end - first);
    if (part.learned() == 0) continue;
    // [learn]
    // Read the texts.
    Run run{.lora = lora_.get(), .dropout = &dropout, .texts = part.texts, .stopped = stopped};
    const at::Tensor logits = read(part, run);
    if (!logits.defined()) return fail("job.stopped", "training");

    // See how probable what comes next was.
    const at::Tensor targets = tensor_of(part.targets, transformer_->device());
    const at::Tensor loss = next_token_loss(logits, targets.masked_select(targets.ge(0)), learned);

    // Go back through all of it: the gradients of the pieces add up.
    loss.backward({}, std::nullopt, false, tensors_);
    // [/learn]
    sum += loss.item<double>();
  }
  if (near_weight_ > 0) {
    Run run{.lora = lora_.get(), .texts = near_.texts, .stopped = stopped};
    hold_near(run);
    if (stopped()) return fail("job.stopped", "training");
  }
  return sum;
}

Result<StepRecord> Trainer::step(const Progress& progress) {
  if (finished()) return fail("training.finished", "training", {std::to_string(options_.steps)});
  if (progress.stop.stop_requested()) return fail("job.stopped", "training");
  const std::int64_t number = steps_done();
  const Batch batch = data_(number);
  if (const auto valid = check(batch); !valid) return tl::unexpected(valid.error());
  return guarded("training", [&]() -> Result<StepRecord> {
    const c10::InferenceMode off(false);
    const at::AutoGradMode on(true);
    const auto loss = learn_from(batch, progress);
    if (!loss) return tl::unexpected(loss.error());
    const double norm = gradient_norm(tensors_), rate = options_.schedule.rate(number, options_.steps);
    if (!std::isfinite(*loss) || !std::isfinite(norm))
      return fail("training.diverged", "training:" + std::to_string(number), {std::to_string(number)});
    if (options_.clip > 0) clip_gradients(tensors_, norm, options_.clip);
    optimiser_.step(rate);

    const auto rounded = [](double x) { return at::scalar_tensor(x, at::kFloat).item<double>(); };   // as saved
    records_.push_back({number, rounded(*loss), rounded(norm), rounded(rate), {}});
    for (const Measurement& m : measurements_)
      if (steps_done() % m.every == 0 || finished()) records_.back().measured[m.name] = rounded(m.number());
    return records_.back();
  });
}

Result<void> Trainer::run(const Progress& progress, const std::function<void(const StepRecord&)>& each,
                          const std::function<void()>& yield) {
  Result<void> outcome;
  while (outcome && !finished()) {
    const auto record = step(progress);
    if (!record) {
      outcome = tl::unexpected(record.error());
      break;
    }
    if (progress.report)
      progress.report(static_cast<double>(steps_done()) / static_cast<double>(options_.steps), "training");
    if (each) each(*record);
    if (!options_.file.empty() && !finished() && steps_done() % options_.save_every == 0) outcome = save(options_.file);
    if (yield) yield();
  }
  // Whatever ended it, what was learned is kept.
  if (options_.file.empty() || records_.empty()) return outcome;
  const auto saved = save(options_.file);
  return outcome ? saved : outcome;
}

std::vector<Column> columns_of(std::span<const StepRecord> records) {
  const auto column = [&](const std::string& name, const std::string& unit, auto&& number) {
    std::vector<double> numbers;
    for (const StepRecord& record : records) numbers.push_back(number(record));
    return Column{"training." + name, unit, {static_cast<std::int64_t>(numbers.size())}, std::move(numbers)};
  };
  std::vector<Column> columns = {
      column("step", "", [](const StepRecord& r) { return static_cast<double>(r.step); }),
      column("loss", "nat", [](const StepRecord& r) { return r.loss; }),
      column("gradient_norm", "", [](const StepRecord& r) { return r.gradient_norm; }),
      column("learning_rate", "", [](const StepRecord& r) { return r.learning_rate; })};
  std::set<std::string> names;
  for (const StepRecord& record : records)
    for (const auto& [name, number] : record.measured) names.insert(name);
  for (const std::string& name : names)
    columns.push_back(column(name, "", [&](const StepRecord& r) {
      const auto found = r.measured.find(name);
      return found == r.measured.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
    }));
  return columns;
}

double held_out_loss(const Transformer& transformer, const Lora* lora, std::span<const Example> examples) {
  const c10::InferenceMode no_gradients;
  double sum = 0;
  std::int64_t learned = 0;
  for (const Example& example : examples) {
    const Batch batch = batch_of({&example, 1});
    if (batch.learned() == 0) continue;
    Run run{.lora = lora};
    const at::Tensor logits = transformer.logits(transformer.forward(tensor_of(batch.ids, transformer.device()), run));
    sum += next_token_loss(logits, tensor_of(batch.targets, transformer.device()), 1).item<double>();
    learned += batch.learned();
  }
  return sum / static_cast<double>(learned);
}

double probability_of(const Transformer& transformer, const Lora* lora, std::span<const std::int64_t> ids,
                      std::int64_t id) {
  const c10::InferenceMode no_gradients;
  Run run{.lora = lora};
  const at::Tensor x = transformer.forward(tensor_of(ids, transformer.device()), run);
  return transformer.logits(x.slice(0, -1)).softmax(-1).select(1, id).item<double>();
}

}  // namespace tb
