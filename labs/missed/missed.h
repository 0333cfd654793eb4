// missed: does a head that writes an answer get missed when it is gone? Direct attribution against knock-out, for heads
// drawn at random in each of many texts.
//   prompts.text [prompt]                 and the answers: answer.{id, ...}, other.{...} [prompt]
//   prompts.answer [prompt]               logits: how far the answer is ahead of the other
//   prompts.error [prompt]                by how much the sum of all parts misses it, as a share
//   prompts.rho [prompt]                  Spearman's correlation of what the drawn heads write and what is missed
//   heads.{layer, head, written, missed} [prompt, drawn]   logits; missed: answer less the answer without the head
//   rho.mean, rho.low, rho.high           over the texts, with a 95 % interval by bootstrap; low and high are NaN for one
//   rho.least, rho.most                   of the texts
//   rho.shuffled                          the mean where the heads of each text are paired at random
//   heads.against                         of the heads that weigh at least a tenth of a logit on both scales: the share
//                                         whose signs differ
#pragma once

#include "labs/lab.h"

namespace tb {

struct MissedLab : Lab {
  std::string_view type() const override { return "missed"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 48;   // tokens a text
  static constexpr std::size_t most = 40;       // texts
};

}  // namespace tb
