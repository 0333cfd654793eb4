// What a configuration costs: parameters, memory, work and the speed that memory allows, from its numbers alone. No
// torch. All sizes stay below 2^53 for what the lab's fields allow, so that doubles hold them exactly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "labs/model/config.h"

namespace tb {

struct PartCount { std::string name; double parameters = 0; };   // in all layers
// embedding, attention, mlp, norms, head; a head that is the embedding has none.
std::vector<PartCount> count_parts(const Config& config);

// Bytes of one weight: float32 4, bfloat16 2, q8_0 34/32, q4_1 20/32 (a block of 32 with its scale, and offset).
double bytes_of_weight(std::string_view form);

struct Cost {
  double parameters = 0;
  double weights = 0;           // bytes
  double read = 0;              // bytes of weights that one token needs: of an embedding that is no head, one row
  double cache_of_token = 0;    // bytes: 2 (k and v) * layers * kv_heads * d_head * bytes of a number
  double cache = 0;             // bytes, for `context` tokens
  double products = 0;          // multiply-adds of one token with the weights' matrices
  double attention = 0;         // multiply-adds of its queries with `context` keys, and of the pattern with the values
};
// `cache_number`: bytes of one number of the cache.
Cost cost_of(const Config& config, double context, double weight_bytes, double cache_number);

// Tokens a second that a machine cannot exceed when it writes one text: each token needs `read` and the cache once,
// and memory gives `bandwidth` bytes a second.
double fastest(const Cost& cost, double bandwidth);

}  // namespace tb
