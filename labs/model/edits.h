// The interventions of one run, resolved against the number of tokens, and applied where the forward pass asks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/model/intervention.h"
#include "labs/model/probes.h"

namespace tb {

class Edits {
 public:
  // Errors: intervention.position (outside the `tokens` of the text).
  static Result<Edits> of(std::span<const Intervention> interventions, std::int64_t tokens);

  bool empty() const { return edits_.empty(); }

  // The rows of the tokens first, first + 1, ... at one point, shaped as in labs/model/probes.h, given back changed.
  // Interventions on the same point act in the order given. Nothing is changed in place.
  at::Tensor apply(Point point, std::int64_t layer, std::int64_t first, at::Tensor rows) const;

  // The first row that may differ between a text of `tokens` tokens and one of another length with the same prefix:
  // what counts from the end means another place. `tokens` if none does.
  std::int64_t stable_rows() const { return stable_rows_; }
  std::int64_t tokens() const { return tokens_; }

 private:
  struct Edit {
    Intervention what;
    std::vector<std::int64_t> queries, keys;   // positions, rising
  };
  static at::Tensor apply(const Edit& edit, std::int64_t first, const at::Tensor& rows);
  std::vector<Edit> edits_;
  std::int64_t stable_rows_ = 0, tokens_ = 0;
};

}  // namespace tb
