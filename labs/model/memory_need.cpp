#include "labs/model/memory_need.h"

#include <limits>

#include "labs/model/checkpoint.h"

namespace tb {

namespace {

constexpr std::int64_t float32 = 4;

// Sums and products that stay at the greatest number instead of running over.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}
template <class... More>
std::int64_t times(std::int64_t a, More... more) {
  std::int64_t product = a;
  for (const std::int64_t b : {static_cast<std::int64_t>(more)...})
    if (__builtin_mul_overflow(product, b, &product)) return std::numeric_limits<std::int64_t>::max();
  return product;
}

}  // namespace

std::int64_t MemoryNeed::all() const { return plus(plus(weights, cache), traces); }

MemoryNeed memory_need(const Config& c, std::int64_t number, std::int64_t context, std::int64_t prompt) {
  MemoryNeed need;
  for_each_tensor(c, [&](const TensorNeed& tensor) {
    const bool matrix = tensor.name.starts_with("blk.") && tensor.shape.size() == 2;
    std::int64_t bytes = matrix ? number : float32;
    for (const std::int64_t size : tensor.shape) bytes = times(bytes, size);
    need.weights = plus(need.weights, bytes);
    return true;
  });
  need.cache = times(2 * float32, c.n_layers, c.n_kv_heads, context, c.d_head);

  // Numbers in one row of the points, outside the blocks and in each of them (labs/model/probes.h has the shapes).
  const std::int64_t q = times(c.n_heads, c.d_head), k = times(c.n_kv_heads, c.d_head);
  std::int64_t block = 0, outside = 0;
  const bool mlps = c.d_mlp > 0;   // norm2 and mlp_out are theirs
  for (const std::int64_t points : {times(mlps ? 7 : 5, c.d_model),   // resid_pre, _mid, _post, norm1, attn_out, those
                                    std::int64_t{mlps ? 2 : 1},       // norm1.scale, norm2.scale
                                    times(3, q), k,                   // q_raw, q, z; k_raw
                                    times(c.n_heads, prompt),         // pattern
                                    times(3, c.d_mlp)})               // gate, up, act
    block = plus(block, points);
  for (const std::int64_t points : {times(2, c.d_model), c.vocabulary})   // embed, final_norm; logits
    outside = plus(outside, points);
  need.traces = times(float32, prompt, plus(outside, times(c.n_layers, block)));
  return need;
}

}  // namespace tb
