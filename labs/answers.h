// The tokens that a question is about, from the words that a learner types. No torch.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "labs/model/tokenizer.h"

namespace tb {

// An answer is one token. `logits` [vocab] are the model's where the answer is asked for: an empty text means its most
// probable token, ties to the lower id; a word without a space before it is taken with or without one, whichever the
// model finds likelier ("Mary" after "a drink to" is " Mary", "ing" after "walk" is "ing").
// Errors, at `key`: answer.tokens (one token is not enough for it).
Result<std::int64_t> answer_token(const Tokenizer& tokenizer, std::span<const float> logits, const std::string& text,
                                  const std::string& key);

}  // namespace tb
