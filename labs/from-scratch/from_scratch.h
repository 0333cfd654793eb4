// from-scratch: a small transformer that begins as random numbers learns to continue texts in which one random piece
// repeats. Nothing but looking back can say what comes next (induction, Olsson et al. 2022, "In-context learning and
// induction heads"): an attention head that finds the earlier occurrence needs another, in a layer below, that has
// noted at each token which one stands before it.
//   training.{step, loss, gradient_norm, learning_rate} [step]   loss: nats a token that can be known
//   probes.step [probe]                            numbers of steps after which was measured, 0 first; on texts that
//                                                  are not trained on:
//   held_out.loss [probe]                          as training.loss
//   held_out.right [probe]                         the share of those tokens that the model finds most probable
//   score.late [probe]                             the mean loss where every text repeats, in nats
//   score.in_context [probe]                       that, less what a token of the first round costs whoever guesses it
//                                                  best, guess.uniform: what having read more is worth (Olsson's score
//                                                  with the best for the early tokens, which are not trained here)
//   heads.previous, heads.induction [probe, layer, head]   labs/model/analysis/patterns.h
//   guess.uniform                                  the loss of whoever knows nothing: log of the vocabulary
//   guess.piece                                    of whoever knows which tokens the piece has, but not their order
//   tokens.id, tokens.known [pos]                  one more text, and which of its tokens can be known
//   tokens.p [pos]                                 how probable the model took each; NaN for the first
//   pattern.attention [layer, head, query, key]    and where it looked
//   model.parameters                               how many numbers were trained
//   run.steps, saved.error                         labs/training.h
#pragma once

#include "labs/lab.h"

namespace tb {

struct FromScratchLab : Lab {
  std::string_view type() const override { return "from-scratch"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
  bool long_running() const override { return true; }
};

}  // namespace tb
