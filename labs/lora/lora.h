// lora: the running model learns a few sentences through an adapter beside its matrices, and is watched meanwhile: what
// it would say after a prompt, and what a text that has nothing to do with it costs. The model itself stays as it is.
//   tokens.{id, bytes, text, special}              the watched prompt
//   unencodable.{at, bytes, input}                 bytes of the texts without a token, and in which input they stand
//   watched.{id, bytes, text, special}             the watched continuation
//   training.{step, loss, gradient_norm, learning_rate} [step]   loss: nats a token, of the model before the step;
//                                                  the norm before it is clipped to 1
//   probes.step [probe]                            numbers of steps after which was measured, 0 first:
//   watch.p [probe]                                the probability of the whole continuation
//   neutral.nll [probe]                            nats a token of the neutral text; empty where it has none
//   before.{id, bytes, text, special, p}           the most probable next tokens of the prompt, without the adapter
//   after.{...}                                    and with it, as far as it is trained
//   change.{layer, norm, share} [adapted layer]    the length of what the adapter adds to the layer's matrices, taken
//                                                  as one long vector, and its share in the length of these
//   run.steps, saved.error                         labs/training.h
//   adapter.folder                                 where the adapter stands in the format of peft, under the folder of
//                                                  long runs; empty where nothing is kept
#pragma once

#include "labs/lab.h"

namespace tb {

struct LoraLab : Lab {
  static constexpr std::int64_t longest = 128;   // tokens of any of the texts
  std::string_view type() const override { return "lora"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
  bool long_running() const override { return true; }
};

}  // namespace tb
