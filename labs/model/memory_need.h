// How much memory a model takes, from its configuration alone. No torch.
#pragma once

#include <cstdint>

#include "labs/model/config.h"

namespace tb {

struct MemoryNeed {          // bytes
  std::int64_t weights = 0;  // as numbers; the file's own blocks, which may be kept beside them, are not counted
  std::int64_t cache = 0;    // keys and values of every layer, for `context` tokens
  std::int64_t traces = 0;   // every point of the forward pass, for a prompt of `prompt` tokens
  std::int64_t all() const;  // the greatest number where the sum is beyond it
};

// `number`: bytes of one number of the matrices inside the blocks, 4 (float32) or 2 (bfloat16); gains, biases,
// embedding and head, cache and traces are float32 always. Points that the cache holds (k, v) or that are computed on
// demand (scores, head_out) take nothing. Of sizes that no memory holds, the greatest number is said.
MemoryNeed memory_need(const Config& config, std::int64_t number, std::int64_t context, std::int64_t prompt = 64);

}  // namespace tb
