// neighbours: whose rows of the embedding table lie nearest to a token's, and why that is not its meaning: in two texts
// the same token has the same row and, some layers on, different vectors.
//   token.{id, bytes, text, special}, token.norm      the chosen one and the length of its row
//   near.{id, bytes, text, special}, near.{cosine, norm} [top]   the nearest rows of the table, itself left out
//   baseline.{mean, deviation, low, high, most}       cosines of 20,000 random pairs of rows: 1 % lie below low and 1 %
//                                                     above high
//   baseline.histogram [40]   how many of them fall between -1 and 1, in steps of 0.05
//   norms.tenth [10], norms.rho   mean length of the rows by tenths of the vocabulary in the order of the ids, and
//        Spearman's correlation of length and id: merges are learned in the order of frequency, so that frequent tokens
//        have low ids
//   first.{id, bytes, text, special}, first.place; second.{...}, second.place   the two texts, and the token in them
//   layers.same [layer + 1]   cosine of its two vectors in the stream, before block 0 and after each block
//   layers.others [layer + 1] mean cosine of different tokens, one of each text, first ones left out: what any two
//        vectors of this layer have in common
//   layer.near.{text, place, cosine}   after the chosen number of blocks: the other tokens of both texts (0: first, 1:
//        second), by their cosine with the token's vector in the first text, after the mean of all is taken away; the
//        token's other vector is among them
//   layer.read                the number of blocks passed
#pragma once

#include "labs/lab.h"

namespace tb {

struct NeighboursLab : Lab {
  std::string_view type() const override { return "neighbours"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 64;   // tokens of a text
};

}  // namespace tb
