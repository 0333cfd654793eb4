// The five levers on one task, as the inputs of a lab describe them. Each is pulled by one number, its strength; 0 does
// nothing:
//   logit-bias   logits: added to each of the words towards. The log-odds move by just that
//   prompt       lines: so many of "prefix" are put before every text, each with a line break behind it
//   attention    logits: added to the scores, in all rows and in "heads", of the keys that hold one of "words" (the
//                very first place is left out: it holds the sink). In a text without the words it does nothing
//   steering     so many times v is added, behind block "layer", to every row but the first. v is the mean of the texts
//                "plus" less the mean of the texts "minus" there; of each text counts its last row, or the mean of all
//                but the first
//   lora         the scale of an adapter (rank 8, alpha 16, query and value of the upper third of the layers) that has
//                learned "texts" for "steps" steps of four texts; 1: as it was trained
// To each belong random ones of equal size: the same bias on as many random words; as many random words before;
// the same bias on as many other tokens of the first prompt; a random direction of v's length; the adapter with the
// signs of B's rows drawn anew, which leaves the length of every B A as it is.
// Compute thread only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/random.h"
#include "labs/lab.h"
#include "labs/levers/measure.h"

namespace tb {

enum class Lever { logit_bias, prompt, attention, steering, lora };
inline constexpr std::array all_levers = {Lever::logit_bias, Lever::prompt, Lever::attention, Lever::steering,
                                          Lever::lora};
std::string_view name_of(Lever lever);   // "logit-bias", ...

// The inputs that describe task and levers; a lab adds its own. The model may be null.
std::vector<Field> lever_fields(const Model* model);

// What a set-up does to the task: the effect on each prompt, and the cost.
struct Measured {
  std::vector<double> effects;
  Cost cost;
};

// What a lab keeps between runs: the vector, the adapter, what has been measured.
struct LeverSession : Session {
  std::string task;                      // the inputs that the meter was made from
  std::optional<Meter> meter;
  std::string steering;                  // ... the vector
  at::Tensor vector;                     // [d_model]
  double row_length = 0;                 // the mean length of a row there, first rows left out
  std::string adapter;                   // ... the adapter
  std::shared_ptr<const Lora> lora;
  std::map<std::string, Measured> known; // by lever, inputs, strength and draw
};

class Levers {
 public:
  // Errors: those of read_task; lab.lines (too many lines); and where a lever is pulled that they describe: lab.empty,
  // levers.word and control.heads (attention), lab.empty and lab.too_long (steering, lora, prompt), those of Trainer.
  static Result<Levers> of(Job& job, LeverSession& session);

  Meter& meter() const { return *session_->meter; }
  const std::vector<std::string>& prompts() const { return prompts_; }
  double strongest(Lever lever) const;   // where a sweep ends
  bool in_steps(Lever lever) const { return lever == Lever::prompt; }   // its strength is a whole number

  // The set-up of a lever; with a draw (0, 1, ...) a random one of equal size. nullopt: there is no such random one.
  Result<std::optional<Setup>> setup(Lever lever, double strength, std::optional<std::int64_t> draw = {});
  // Measures it over all prompts and on the neutral text, or remembers it.
  Result<std::optional<Measured>> measure(Lever lever, double strength, std::optional<std::int64_t> draw = {});

  // |v| and the length of a row it is added to. Errors as of setup.
  Result<std::pair<double, double>> vector_lengths();

  // What the set-ups of single levers are, for those who write them down. SPECs; those of attention are for one text.
  std::string bias_spec(double strength) const;
  Result<std::vector<std::string>> attention_specs(double strength, std::span<const std::int64_t> ids) const;
  std::string steering_spec(double strength) const;                        // tensor=v; without a file
  Result<at::Tensor> vector();                                             // v [d_model]
  Result<std::shared_ptr<const Lora>> adapter();                           // as trained; null without steps
  std::string prefix_text(double lines) const;

 private:
  Levers(Job& job, LeverSession& session) : job_(&job), session_(&session) {}
  std::string signature(Lever lever) const;
  Result<std::vector<std::vector<std::int64_t>>> lines_of(const std::string& key) const;
  Result<at::Tensor> mean_row(const std::string& key, double& length) const;
  Result<Setup> bias(double strength, std::optional<std::int64_t> draw) const;
  Result<Setup> prefix(double lines, std::optional<std::int64_t> draw) const;
  Result<std::optional<Setup>> attention(double strength, std::optional<std::int64_t> draw) const;
  Result<Setup> steering(double strength, std::optional<std::int64_t> draw);
  Result<std::optional<Setup>> with_adapter(double scale, std::optional<std::int64_t> draw);
  Random random(Lever lever, std::int64_t draw) const;
  std::vector<std::int64_t> random_words(Random& random, std::size_t count,
                                         const std::vector<std::int64_t>& without) const;
  Result<std::vector<std::int64_t>> attended() const;

  Job* job_;
  LeverSession* session_;
  std::vector<std::string> prompts_;
  std::vector<std::string> prefix_;      // its lines
  std::int64_t layer_ = 0;
};

// Both at once: one prefix, one adapter, all interventions.
Setup joined(Setup a, const Setup& b);

}  // namespace tb
