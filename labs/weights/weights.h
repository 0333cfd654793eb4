// weights: in which form the model's weights are kept, what that takes, and what it costs in exactness.
//   tokens.{id, bytes, text, special}               what the model reads
//   unencodable.{at, bytes}                         bytes of the prompt without a token
//   form.name                                       "float32", "float32+blocks", "blocks", "bfloat16", ...
//   parts.{name, numbers, dense, blocks}            embedding, attention, mlp, head, norms: how many weights, and the
//                                                   bytes of their numbers and of the file's blocks; a head that is the
//                                                   embedding itself takes 0
//   costs.{form, mean, max, agreement}              what another form of the same weights would change, against float32
//        numbers: "blocks" (where the file's blocks are kept) and "bfloat16". Mean and maximum of the absolute
//        difference over all logits of the prompt, and the share of its positions with the same most probable token.
//        Empty where the model itself holds rounded numbers, since what was rounded away is not known any more, and
//        where there is no memory for the weights in another form
#pragma once

#include "labs/lab.h"

namespace tb {

struct WeightsLab : Lab {
  static constexpr std::int64_t longest = 64;   // tokens: the logits of a position are as many as the vocabulary
  std::string_view type() const override { return "weights"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
