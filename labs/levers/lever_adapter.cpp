// The lever that is trained: an adapter, so many times as strong, and random ones beside it.
#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "labs/columns.h"
#include "labs/levers/lever.h"
#include "labs/model/lora.h"
#include "labs/model/model.h"
#include "labs/model/training/trainer.h"
#include "labs/model/transformer.h"

namespace tb {
namespace {

constexpr double learning_rate = 2e-3;
constexpr std::int64_t texts_a_step = 4;

// The same adapter `by` times as strong; with `random`, each row of every B with a sign of its own.
Result<Lora> scaled(const Lora& lora, double by, const Config& config, at::Device device, Random* random) {
  LoraOptions options = lora.options();
  options.alpha *= by;
  auto copy = Lora::create(config, options, 0, device);
  if (!copy) return copy;
  const c10::InferenceMode no_gradients;
  for (const std::int64_t layer : options.layers)
    for (const Projection projection : options.projections) {
      const Lora::Pair &from = lora.pair(layer, projection), &to = copy->pair(layer, projection);
      to.a.copy_(from.a);
      to.b.copy_(from.b);
      if (!random) continue;
      std::vector<float> signs;
      for (std::int64_t row = 0; row < to.b.size(0); ++row) signs.push_back(random->uniform() < 0.5 ? -1.0f : 1.0f);
      to.b.mul_(at::tensor(signs).to(device).unsqueeze(1));
    }
  return copy;
}

}  // namespace

Result<std::shared_ptr<const Lora>> Levers::adapter() {
  const std::int64_t steps = integer_input(job_->inputs, "steps");
  if (steps == 0) return nullptr;
  const std::string inputs = signature(Lever::lora);
  if (session_->lora && session_->adapter == inputs) return session_->lora;
  const auto texts = lines_of("texts");
  if (!texts) return tl::unexpected(texts.error());
  std::vector<Example> examples;
  for (const std::vector<std::int64_t>& ids : *texts) {
    if (ids.size() < 2) return fail("lora.line", "texts", {std::to_string(examples.size() + 1)});
    examples.push_back({ids, {}});
  }
  const Transformer& transformer = job_->model->transformer();
  LoraOptions options;
  for (std::int64_t layer = transformer.config().n_layers * 2 / 3; layer < transformer.config().n_layers; ++layer)
    options.layers.push_back(layer);
  auto made = Lora::create(transformer.config(), options, 0, transformer.device());
  if (!made) return tl::unexpected(made.error());
  auto lora = std::make_shared<Lora>(std::move(*made));
  const std::int64_t together = std::min(texts_a_step, static_cast<std::int64_t>(examples.size()));
  TrainingOptions training;
  training.steps = steps;
  training.schedule.peak = learning_rate;
  auto trainer = Trainer::create(transformer, lora, shuffled(std::move(examples), together, 0), training);
  if (!trainer) return tl::unexpected(trainer.error());
  const auto done = trainer->run({.stop = job_->progress.stop, .report = {}},
                                 [&](const StepRecord& record) {
                                   if (job_->progress.report)
                                     job_->progress.report(static_cast<double>(record.step + 1) /
                                                               static_cast<double>(steps), "adapter");
                                 },
                                 job_->yield);
  if (!done) return tl::unexpected(done.error());
  session_->lora = lora;
  session_->adapter = inputs;
  return session_->lora;
}

Result<std::optional<Setup>> Levers::with_adapter(double scale, std::optional<std::int64_t> draw) {
  const auto trained = adapter();
  if (!trained) return tl::unexpected(trained.error());
  if (!*trained) return std::nullopt;
  const Transformer& transformer = job_->model->transformer();
  std::optional<Random> numbers;
  if (draw) numbers = random(Lever::lora, *draw);
  auto made = scaled(**trained, scale, transformer.config(), transformer.device(), numbers ? &*numbers : nullptr);
  if (!made) return tl::unexpected(made.error());
  Setup setup;
  setup.lora = std::make_shared<Lora>(std::move(*made));
  return setup;
}

}  // namespace tb
