// levers: five ways to move one answer, side by side. Each is pulled until the first prompt's log-odds have grown by
// "wanted" nats; then the same strength is tried on all prompts, and on a neutral text, beside random levers of equal
// size. What the levers are, and their units: labs/levers/lever.h; effect and cost: labs/levers/measure.h.
//   levers.name [lever]                    logit-bias, prompt, attention, steering, lora; columns that are not computed
//                                          yet, or of a lever that cannot be pulled (lora without steps), hold NaN
//   levers.strength [lever]                where the effect on the first prompt is the wanted one; where it never is,
//                                          where it is largest
//   levers.{reached, first} [lever]        1 or 0: it is; and the effect on the first prompt there
//   levers.{mean, low, high, least, most, right} [lever]   the effects on all prompts: their mean with a 95 % bootstrap
//                                          interval, the least, the most, and the share of prompts that moved towards
//   levers.effects [lever, prompt]
//   levers.{kl, nll} [lever]               what it costs on the neutral text, in nats a token
//   random.{mean, kl} [lever, draw]        of random levers at that strength: the mean effect on all prompts; the cost
//   prompts.text, prompts.{before, towards, away} [prompt]   without any lever: the log-odds, the probability of either
//                                          side
//   prompts.right                          the share of prompts whose log-odds are above 0 without any lever
//   vector.{length, row}                   the length of v, and the mean length of a row it is added to; NaN where v
//                                          cannot be computed
// The chosen lever ("lever") from nothing to its strongest:
//   sweep.strength [step], sweep.{effect, kl, nll} [step]     effect: on the first prompt
//   sweep.random-effect, sweep.random-kl [draw, step]
#pragma once

#include "labs/lab.h"

namespace tb {

struct LeversLab : Lab {
  std::string_view type() const override { return "levers"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
