// surprise: how much each token of a text surprised the model that had read what stands before it.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   surprise.{bits, p, rank, entropy} [token]   -log2 p; p; 1 where no token was more probable; the surprise that the
//                                               model itself expected, in bits. NaN for the first token, before which
//                                               nothing stands that it could be told from, and for tokens not read yet
//   expected.{id, bytes, text, special} [token * top], expected.p [token, top]   the most probable tokens in its place;
//                                               p is 0 where nothing was predicted
//   running.mean [token]                        bits: the mean of all predicted tokens up to this one
//   total.{predicted, bits, mean, perplexity, characters, per-character, bytes, per-byte}   over the predicted tokens:
//                                               characters and bytes are theirs, without the first token's
//   total.{expected}                            bits a token that the model itself expected
#pragma once

#include "labs/lab.h"

namespace tb {

struct SurpriseLab : Lab {
  std::string_view type() const override { return "surprise"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
