// probe: what can be read in one row of the stream, layer by layer, and what comes of changing it there.
// A template with [A], [B] and [S] asks who is meant: S is A, or S is B. A probe is fitted on texts with one half of the
// names and tested on the other half; then the same row is patched from the text with the other S.
//   tokens.{id, bytes, text, special}    the template with the first two names that are tested
//   row.query                            the row that is read and patched
//   probe.accuracy [layer]               of texts with names the probe never saw; 0.5: nothing can be read
//   probe.shuffled [layer]               the same where the labels it is fitted on are shuffled, the mean of `draws`
//   use.recovery [layer]                 of the answer when the row before this block is the other text's: the mean of
//                                        the pairs; 0 nothing, 1 all of it. NaN where it is not computed yet
//   use.low, use.high [layer]            the smallest and the largest of the pairs
//   count.fitted, count.tested, count.pairs
#pragma once

#include "labs/lab.h"

namespace tb {

struct ProbeLab : Lab {
  std::string_view type() const override { return "probe"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 48;   // tokens
  static constexpr std::size_t least_names = 8, most_names = 16;
};

}  // namespace tb
