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
//   others.kept [probe]                            of other prompts: the share whose most probable next token is still
//                                                  the one it was without the adapter
//   others.kl [probe]                              the mean of KL(p without || p with the adapter) of their next token
//   others.p [probe, prompt]                       the probability of the token that was the most probable one
//   others.watched [probe, prompt]                 and of the watched continuation's first token
//   watch.gain [probe]                             by how much the log-odds of the continuation have grown
//   others.gain [probe, 3]                         and those of its first token after the other prompts: the lowest, the
//                                                  median and the highest of them
//   others.prompt, others.was.{id, ...}, others.now.{id, ...} [prompt]   with their most probable next tokens
//   reached.{step, nll, kl, kept}                  at the first probe where the continuation is at least 90 % probable:
//                                                  its step, neutral.nll, others.kl, others.kept; empty until then
//   merged.p, merged.left                          once all steps are done: the continuation's probability with the
//                                                  adapter merged into the matrices; and what is left of it in them
//                                                  when it is taken out again, as a share of their length: in
//                                                  float32, and in bfloat16
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
  static constexpr std::size_t most_others = 40; // prompts
  std::string_view type() const override { return "lora"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
  bool long_running() const override { return true; }
};

}  // namespace tb
