// next-token: what comes next, from logit to probability to the draw.
//   tokens.{id, bytes, text, special, drawn}        what the model reads: the prompt, then the continuation (drawn = 1)
//   unencodable.{at, bytes}                         bytes of the prompt without a token
//   bars.{id, bytes, text, special, logit, adjusted, p, cumulative, kept}   the `top` most probable tokens: logit is
//        the model's; adjusted has the bias and the repetition penalty in it, and the rows stand by its fall; p is over
//        the whole vocabulary at the given temperature, cumulative sums it in this order, kept is the probability after
//        top-k, top-p and min-p, renormalised (0: filtered out)
//   softmax.{scaled, shifted, exp}                  one row a bar: adjusted / T, minus the largest of them, e to that
//   softmax.{max, sum, entropy}                     over the whole vocabulary; entropy in bits.
//                                                   At T = 0, the greedy limit, scaled is the logit itself
//   tail.{count, p}                                 the tokens that are no bars, and their probability together
//   kept.{count, mass}                              tokens that pass the filters, and their probability before
//   sampled.{id, bytes, text, special, p, uniform, end}   the draw: number `uniform` of the seed's sequence at the
//        index of this step, by inverse transform over kept; end: 1 where generation stops with it
//   also.{id, bytes, text, special, adjusted, p, kept}   where the input `also` asks for them: these tokens, whatever
//        their rank
#pragma once

#include "labs/lab.h"

namespace tb {

struct NextTokenLab : Lab {
  std::string_view type() const override { return "next-token"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
