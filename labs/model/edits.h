// The interventions of one run, resolved against the number of tokens, and applied where the forward pass asks.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/model/config.h"
#include "labs/model/intervention.h"
#include "labs/model/probes.h"

namespace tb {

class Edits {
 public:
  // For a text of `tokens` tokens. What the interventions take from their sources is copied out and checked here.
  // Errors, all at the SPEC: intervention.position (outside the text), intervention.weights (set-pattern: more than 1
  // together); and of a source intervention.tensor (not there), intervention.shape, intervention.finite (infinite or
  // no number), intervention.rows and intervention.from (does not fit the positions), intervention.future (a row of a
  // pattern that sees more than its new query does), intervention.again (a position that would get two rows).
  static Result<Edits> of(std::span<const Intervention> interventions, std::int64_t tokens, const Config& config);

  bool empty() const { return edits_.empty(); }

  // The rows of the tokens first, first + 1, ... at one point, shaped as in labs/model/probes.h, given back changed.
  // Interventions on the same point act in the order given. Nothing is changed in place, so that autograd can follow.
  at::Tensor apply(Point point, std::int64_t layer, std::int64_t first, at::Tensor rows) const;

  // The first row that may differ between a text of `tokens` tokens and one of another length with the same prefix:
  // what counts from the end means another place. `tokens` if none does.
  std::int64_t stable_rows() const { return stable_rows_; }
  std::int64_t tokens() const { return tokens_; }

 private:
  // One intervention at one point of one layer.
  struct Edit {
    Intervention::Type type;
    double value;
    std::vector<std::int64_t> queries;       // positions, in the order of the rows
    std::vector<std::int64_t> keys, heads;   // empty: all
    at::Tensor rows;                         // what is put there or added: a row for each query, or one for all of them
  };
  static at::Tensor apply(const Edit& edit, Point point, std::int64_t first, const at::Tensor& x);

  std::map<std::pair<Point, std::int64_t>, std::vector<Edit>> edits_;   // by point and layer (-1: outside the blocks)
  std::int64_t stable_rows_ = 0, tokens_ = 0;
};

}  // namespace tb
