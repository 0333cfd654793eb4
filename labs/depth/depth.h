// depth: from which block on is the answer there? The lens over many texts, beside what needs no context at all.
//   prompts.text [prompt], prompts.answer [prompt]     what the model says next, and how sure it is
//   prompts.p [prompt]
//   plain.depth, translated.depth [prompt]             decision depths (analysis/lens.h); translated: only where asked
//   plain.share, translated.share [step]               of the texts, in how many the answer leads after 0, 1, ... blocks
//   plain.median, .first, .last; translated.median, .first, .last   of the depths
//   plain.low, plain.high; translated.low, .high       95 % interval of the median, by bootstrap over the texts; NaN for
//                                                      a single one
//   unigram.same [prompt]     1: the answer is the commonest token of plain prose
//   bigram.same [prompt]      1: the model says it after the last token alone
//   shuffled.same [prompt]    1: it says it with the tokens before the last one in random order
//   unigram.share, bigram.share, shuffled.share        of the texts
//   shuffled.led [step]       of the texts, in how many the answer leads after so many blocks of the shuffled run
#pragma once

#include "labs/lab.h"

namespace tb {

struct DepthLab : Lab {
  std::string_view type() const override { return "depth"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 64;    // tokens a text
  static constexpr std::size_t most = 60;        // texts
};

}  // namespace tb
