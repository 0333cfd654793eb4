// The interventions of one run, resolved against the number of tokens, and applied where the forward pass asks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/model/intervention.h"

namespace tb {

class Edits {
 public:
  // Errors: intervention.position (outside the `tokens` of the text).
  static Result<Edits> of(std::span<const Intervention> interventions, std::int64_t tokens);

  bool empty() const { return edits_.empty(); }

  // Each takes the rows of the tokens first, first + 1, ... and gives them back changed. Nothing is changed in place.
  at::Tensor scores(std::int64_t layer, std::int64_t first, at::Tensor scores) const;     // [head, query, key]
  at::Tensor pattern(std::int64_t layer, std::int64_t first, at::Tensor pattern) const;   // [head, query, key]
  at::Tensor z(std::int64_t layer, std::int64_t first, at::Tensor z) const;               // [pos, head, d_head]
  at::Tensor logits(std::int64_t first, at::Tensor logits) const;                         // [pos, vocab]

  // The first row that may differ between a text of `tokens` tokens and one of another length with the same prefix:
  // what counts from the end means another place. `tokens` if none does.
  std::int64_t stable_rows() const { return stable_rows_; }
  std::int64_t tokens() const { return tokens_; }

 private:
  struct Edit {
    Intervention what;
    std::vector<std::int64_t> queries, keys;   // positions, rising
  };
  std::vector<Edit> edits_;
  std::int64_t stable_rows_ = 0, tokens_ = 0;
};

}  // namespace tb
