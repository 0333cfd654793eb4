// A training run: step after step the model reads a batch, and its trained numbers move a little in the direction that
// would have made the batch more probable. It can be stopped between any two steps and go on later, in this process or,
// from a file, in another: with the same machine and threads the numbers are then the same, bit for bit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "labs/lab.h"
#include "labs/model/lora.h"
#include "labs/model/training/batch.h"
#include "labs/model/training/optimiser.h"
#include "labs/model/training/parameters.h"
#include "labs/model/transformer.h"

namespace tb {

struct TrainingOptions {
  std::int64_t steps = 100;
  Schedule schedule;
  AdamWOptions adamw;
  double clip = 1;                 // the longest gradient; 0: no limit
  std::int64_t pieces = 1;         // each batch is computed in so many parts, one after the other, to need less memory
  std::uint64_t seed = 0;          // of dropout
  std::int64_t reuse_bytes = std::int64_t{256} << 20;   // for what blocks below the trained ones say of each text
  std::string base;                // names the weights that stay, such as their checksum: a saved run fits no others
  std::filesystem::path file;      // where `run` saves; empty: nowhere
  std::int64_t save_every = 50;    // steps
};

// What is known of one step. The numbers are float32, as computed.
struct StepRecord {
  std::int64_t step = 0;           // 0, 1, ...
  double loss = 0;                 // nats for each target, of the model before the step
  double gradient_norm = 0;        // before it is clipped
  double learning_rate = 0;
  std::map<std::string, double> measured;   // after the step
};

class Trainer {
 public:
  // Trains what requires a gradient in the transformer's weights, or with `lora` that adapter and nothing else. The
  // transformer must outlive the trainer.
  // Errors: training.nothing (no number to train), training.options (names the option).
  static Result<Trainer> create(const Transformer& transformer, std::shared_ptr<Lora> lora, Data data,
                                TrainingOptions options);

  // Every `every` steps, and after the last one, `number` is asked and its answer recorded under `name`.
  void measure(std::string name, std::int64_t every, std::function<double()> number);

  // Besides its batch, every step is then held near the model without the adapter: added to the loss is `weight` times
  // the mean of KL(p without || p with it) over the tokens of `texts`, in nats. What is recorded as loss stays the
  // batch's own.
  void stay_near(std::span<const Example> texts, double weight);

  // One step. After an error nothing has changed.
  // Errors: training.finished, training.batch (nothing to learn), run.id, run.too_long, training.diverged (the loss or
  // a gradient is no number any more), job.stopped, torch.failed, torch.memory.
  Result<StepRecord> step(const Progress& progress);

  // All steps that are left. After each one `each` hears of it and `yield` lets waiting jobs run; both may be empty.
  // To pause is to stop: a later call goes on. Errors: those of step and save.
  Result<void> run(const Progress& progress, const std::function<void(const StepRecord&)>& each,
                   const std::function<void()>& yield);

  // Another number of steps, at least those done. Where the learning rate does not depend on their number, the run is
  // then the one that would have been with so many from the start, but for what was measured after the last one.
  void extend(std::int64_t steps) { options_.steps = std::max(steps, steps_done()); }

  std::int64_t steps_done() const { return static_cast<std::int64_t>(records_.size()); }
  bool finished() const { return steps_done() == options_.steps; }
  const std::vector<StepRecord>& records() const { return records_; }
  Batch batch(std::int64_t step) const { return data_(step); }
  const std::vector<Parameter>& parameters() const { return parameters_; }

  // Everything a run needs to go on: parameters, both moments, how far it is, what was recorded. The file is complete
  // or it is the previous one. Errors: file.write.
  Result<void> save(const std::filesystem::path& file) const;
  // Goes on where a saved run stopped. It must have been made with the same model, data and options; `steps` may be
  // larger. After an error nothing has changed.
  // Errors: file.open, safetensors.*, training.file (not a saved run), training.other (of another run: says in what).
  Result<void> resume(const std::filesystem::path& file);

 private:
  Trainer(const Transformer& transformer, std::shared_ptr<Lora> lora, Data data, TrainingOptions options);
  Result<void> check(const Batch& batch) const;
  Result<double> learn_from(const Batch& batch, const Progress& progress);
  at::Tensor read(const Batch& batch, Run& run);
  void hold_near(Run& run);
  at::Tensor lower_blocks(const Batch& batch);
  std::map<std::string, std::string> description() const;

  const Transformer* transformer_;
  std::shared_ptr<Lora> lora_;
  Data data_;
  TrainingOptions options_;
  std::vector<Parameter> parameters_;
  std::vector<at::Tensor> tensors_;               // those of the parameters
  AdamW optimiser_;
  std::int64_t first_layer_ = 0;                  // below it nothing is trained
  std::map<std::vector<std::int64_t>, at::Tensor> lower_;   // text -> the residual stream before that block
  std::int64_t lower_bytes_ = 0;
  struct Measurement {
    std::string name;
    std::int64_t every;
    std::function<double()> number;
  };
  std::vector<Measurement> measurements_;
  Batch near_;                                    // of stay_near
  double near_weight_ = 0;
  at::Tensor near_log_p_;                         // [learned, vocab] without the adapter; as soon as it is needed
  std::vector<StepRecord> records_;
};

// The records as columns of a snapshot: training.step, .loss, .gradient_norm, .learning_rate, and training.<name> for
// what was measured (NaN where it was not).
std::vector<Column> columns_of(std::span<const StepRecord> records);

// The mean loss over examples, in nats for each target, without training on them.
double held_out_loss(const Transformer& transformer, const Lora* lora, std::span<const Example> examples);
// The probability of `id` after `ids`.
double probability_of(const Transformer& transformer, const Lora* lora, std::span<const std::int64_t> ids,
                      std::int64_t id);

}  // namespace tb
