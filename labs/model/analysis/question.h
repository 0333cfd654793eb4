// What most analyses ask of the output: how large is one token's logit, or how far is it ahead of another's?
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/model/context.h"
#include "labs/model/transformer.h"

namespace tb {

struct Question {
  std::int64_t target = 0;
  std::optional<std::int64_t> foil;   // without one, the target's logit itself is meant
  bool operator==(const Question&) const = default;
};

// w_target - w_foil [d_model], float32 on the CPU; w is a row of the unembedding. Its product with a row of final_norm
// is the answer, a logit or a difference of two. Its product with gamma (the final norm's gain) is the direction of the
// residual stream that is read as the answer: <gamma * (w_target - w_foil), h> / rms(h).
// Errors: run.id (outside the vocabulary).
Result<at::Tensor> unembedding_direction(const Transformer& transformer, const Question& question);

// A captured point of all rows, float32 on the CPU. Errors: analysis.point (it was not captured).
Result<at::Tensor> captured(const Context& context, const std::string& name);
// "blocks.3.attn.z"
std::string block_point(std::int64_t layer, std::string_view name);

// `position` of a text of `tokens` tokens; negative ones count from the end. Errors: analysis.position.
Result<std::int64_t> row_at(std::int64_t position, std::int64_t tokens);

}  // namespace tb
