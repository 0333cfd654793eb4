// anatomy: the parts of the loaded model, and what just went through one of them.
//   tokens.{id, bytes, text, special}, unencodable.{at, bytes}
//   model.{layers, heads, kv_heads, width, head_width, mlp, vocabulary, context, parameters, tied}
//   parts.{name, formula, times, parameters, dense, blocks}
//        every part of the configuration once: how often the model has it, and for each of them the learned numbers and
//        the bytes in memory as numbers and as the file's own blocks ("block", "attn", "mlp" hold others)
//   part.{name, kind, formula, shape, parameters, dense, blocks, share}   the chosen one, e.g. "blocks.12.attn.q";
//        share: of all parameters
//   vector.values [rows, columns]     what stands at the part's point for the chosen token: heads are rows, a plain
//        vector is one row; attention scores and pattern [head, key up to the token]. Empty for the logits, which are
//        as many as the vocabulary
//   vector.{size, norm, mean, deviation, least, most}
//   largest.{index, value}            entries of largest absolute value, flat; of the logits the largest themselves,
//        with largest.{id, bytes, text, special}
//   layers.{norm [layer + 1], attn [layer], mlp [layer], cosine [layer]}   the chosen token's way: length of the stream
//        (before block 0, then after each block), lengths of what attention and MLP add, and the cosine between the
//        stream before and after each block
//   spread.{norm [layer + 1, 3], cosine [layer, 3]}   the same of all tokens but the first: least, median, largest; absent
//        where there is one token
//   query                             the row that is read: an input beyond the last one means the last
//   time.{name, seconds, share}, time.{passes, tokens, part}   measured on this machine while the lab ran, and the only
//        columns that differ from run to run: the forward pass of the prompt by parts, each over all layers; part: the
//        share of the chosen part's kind, NaN where it was not measured by itself
#pragma once

#include "labs/lab.h"

namespace tb {

struct AnatomyLab : Lab {
  std::string_view type() const override { return "anatomy"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;

  static constexpr std::int64_t longest = 64;   // tokens: the prompt is also timed
};

}  // namespace tb
