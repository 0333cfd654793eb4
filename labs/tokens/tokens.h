// tokens: what the tokenizer makes of a text. It needs the model's vocabulary, and no forward pass.
//   tokens.{id, bytes, text, special, start, end, whole}   one row a token; start and end are bytes of the text;
//                                                          whole: 1 where the token's bytes alone are whole UTF-8
//   unencodable.{at, bytes}                                bytes of the text without a token
//   count.{tokens, bytes, characters}                      characters: code points; an ill-formed byte counts as one
#pragma once

#include "labs/lab.h"

namespace tb {

struct TokensLab : Lab {
  std::string_view type() const override { return "tokens"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
