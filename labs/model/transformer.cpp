#include "labs/model/transformer.h"

#include <cmath>
#include <utility>

#include <ATen/ATen.h>

namespace tb {

namespace {

// x [pos, in], matrix [out, in] -> [pos, out]. A bfloat16 matrix is multiplied in bfloat16 (sums in float32); all else
// in the model is float32.
at::Tensor project(const at::Tensor& x, const at::Tensor& matrix) {
  if (matrix.scalar_type() == at::kFloat) return at::linear(x, matrix);
  return at::linear(x.to(matrix.scalar_type()), matrix).to(at::kFloat);
}

// [rotation]
// x [pos, head, d_head]: turns each pair (x[i], x[i + d_head / 2]) by its position's angle, so that the product of a
// query and a key depends on how far apart they stand (Su et al. 2021).
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines) {
  const auto halves = x.chunk(2, -1);
  const at::Tensor turned = at::cat({-halves[1], halves[0]}, -1);   // [pos, head, d_head]
  return x * cosines + turned * sines;
}
// [/rotation]

}  // namespace

Transformer::Transformer(Config config, Weights weights) : config_(std::move(config)), weights_(std::move(weights)) {
  // Angle of pair i at position p: p / theta^(2i / d_head).
  const auto numbers = at::TensorOptions().dtype(at::kFloat);
  const at::Tensor exponent = at::arange(0, config_.d_head, 2, numbers) / static_cast<double>(config_.d_head);
  const at::Tensor frequency = 1.0 / at::pow(config_.rope_theta, exponent);                          // [d_head / 2]
  const at::Tensor positions = at::arange(config_.context, numbers);
  const at::Tensor angle = at::outer(positions, frequency).repeat({1, 2});                          // [context, d_head]
  cosines_ = angle.cos().unsqueeze(1).to(device());
  sines_ = angle.sin().unsqueeze(1).to(device());
}

// [forward]
at::Tensor Transformer::forward(const at::Tensor& ids, Run& run) const {
  const std::int64_t n_new = ids.size(0), n_all = run.first + n_new;

  // Note where each token stands: its angles, and which keys lie in its future.
  run.cosines = cosines_.slice(0, run.first, n_all);                                     // [pos, 1, d_head]
  run.sines = sines_.slice(0, run.first, n_all);
  run.future = at::ones({n_new, n_all}, ids.options().dtype(at::kBool)).triu(run.first + 1);   // [query, key]

  // Look up each token's vector. It starts the residual stream.
  at::Tensor x = weights_.embedding.index_select(0, ids).to(at::kFloat);                 // [pos, d_model]
  run.trace.keep(Point::embed, -1, run.first, x);

  // Let every block read the stream and add to it.
  for (std::int64_t layer = 0; layer < config_.n_layers; ++layer) {
    if (run.stopped && run.stopped()) return {};
    run.trace.keep(Point::resid_pre, layer, run.first, x);
    x = x + attention(layer, x, run);                                                    // [pos, d_model]
    run.trace.keep(Point::resid_mid, layer, run.first, x);
    x = x + mlp(layer, x, run);                                                          // [pos, d_model]
    run.trace.keep(Point::resid_post, layer, run.first, x);
  }

  // Normalise once more. `logits` compares the result with every token's vector.
  x = norm(x, weights_.final_norm);                                                      // [pos, d_model]
  run.trace.keep(Point::final_norm, -1, run.first, x);
  return x;
}
// [/forward]

// [unembedding]
at::Tensor Transformer::logits(const at::Tensor& x) const {
  return project(x, weights_.head);   // [pos, vocab]
}
// [/unembedding]

// [rmsnorm]
// x [..., d] -> the same direction at root mean square 1, times a learned gain [d] (Zhang and Sennrich 2019).
at::Tensor Transformer::norm(const at::Tensor& x, const at::Tensor& gain, at::Tensor* scale) const {
  const at::Tensor rms = (x.square().mean(-1, /*keepdim=*/true) + config_.norm_epsilon).sqrt();   // [..., 1]
  if (scale) *scale = rms.squeeze(-1);
  return x / rms * gain;
}
// [/rmsnorm]

// [attention]
at::Tensor Transformer::attention(std::int64_t layer, const at::Tensor& stream, Run& run) const {
  const Block& block = weights_.blocks[layer];
  const std::int64_t n_new = stream.size(0), n_all = run.first + n_new;
  const auto keep = [&](Point point, const at::Tensor& rows) { run.trace.keep(point, layer, run.first, rows); };

  // Read the stream at one length.
  at::Tensor scale;
  const at::Tensor x = norm(stream, block.norm1, &scale);                                // [pos, d_model]
  keep(Point::norm1_scale, scale);
  keep(Point::norm1, x);

  // Ask (q), offer (k), and say what there is to tell (v), each head for itself: one product, cut in three.
  const auto parts = project(x, block.qkv)
                         .view({n_new, -1, config_.d_head})
                         .split_with_sizes({config_.n_heads, config_.n_kv_heads, config_.n_kv_heads}, 1);
  at::Tensor q = parts[0], k = parts[1];                                                 // [pos, head|kv_head, d_head]
  const at::Tensor v = parts[2];                                                         // [pos, kv_head, d_head]
  keep(Point::q_raw, q);
  keep(Point::k_raw, k);
  if (config_.qk_norm) {
    q = norm(q, block.q_norm);
    k = norm(k, block.k_norm);
  }

  // Turn q and k by their positions, and remember k and v for the tokens to come.
  q = rotate(q, run.cosines, run.sines);
  k = rotate(k, run.cosines, run.sines);
  keep(Point::q, q);
  run.cache.write(layer, run.first, k, v);

  // Compare every query with every key.
  at::Tensor attention_scores = scores(q, run.cache.keys(layer, n_all));                 // [head, query, key]
  if (!run.edits.empty()) attention_scores = run.edits.scores(layer, run.first, attention_scores);

  // Hide the future, and make weights of the scores: positive, adding up to 1 for each query.
  if (n_new > 1) attention_scores = attention_scores.masked_fill(run.future, -INFINITY);
  at::Tensor pattern = attention_scores.softmax(-1);                                     // [head, query, key]
  if (!run.edits.empty()) pattern = run.edits.pattern(layer, run.first, pattern);
  keep(Point::pattern, pattern);

  // Gather what the keys have to tell, in the proportions of the pattern. A group of heads shares one v.
  const at::Tensor grouped = pattern.reshape({config_.n_kv_heads, config_.group() * n_new, n_all});
  const at::Tensor gathered = at::bmm(grouped, run.cache.values(layer, n_all));          // [kv_head, group * query, ..]
  at::Tensor z = gathered.view({config_.n_heads, n_new, config_.d_head}).transpose(0, 1);   // [pos, head, d_head]
  if (!run.edits.empty()) z = run.edits.z(layer, run.first, z);
  keep(Point::z, z);

  // Put the heads side by side, and translate them back into the stream's language.
  const at::Tensor added = project(z.reshape({n_new, config_.n_heads * config_.d_head}), block.out);
  keep(Point::attn_out, added);                                                          // [pos, d_model]
  return added;
}
// [/attention]

// [scores]
at::Tensor Transformer::scores(const at::Tensor& q, const at::Tensor& k) const {
  // The heads of a group look at the same keys: their queries stand one below the other in one product.
  const std::int64_t n_query = q.size(0), n_key = k.size(1);
  const at::Tensor by_head = q.transpose(0, 1);                                          // [head, query, d_head]
  const at::Tensor grouped = by_head.reshape({config_.n_kv_heads, config_.group() * n_query, config_.d_head});
  const at::Tensor products = at::bmm(grouped, k.transpose(1, 2));                      // [kv_head, group * query, key]
  return products.view({config_.n_heads, n_query, n_key}) / std::sqrt(static_cast<double>(config_.d_head));
}
// [/scores]

at::Tensor Transformer::head_out(std::int64_t layer, const at::Tensor& z) const {
  const at::Tensor out = weights_.blocks[layer].out.to(at::kFloat);   // [d_model, head * d_head]
  return at::einsum("phd,mhd->phm", {z, out.view({config_.d_model, config_.n_heads, config_.d_head})});
}

// [mlp]
at::Tensor Transformer::mlp(std::int64_t layer, const at::Tensor& stream, Run& run) const {
  const Block& block = weights_.blocks[layer];
  const auto keep = [&](Point point, const at::Tensor& rows) { run.trace.keep(point, layer, run.first, rows); };

  // Read the stream at one length.
  at::Tensor scale;
  const at::Tensor x = norm(stream, block.norm2, &scale);                                // [pos, d_model]
  keep(Point::norm2_scale, scale);
  keep(Point::norm2, x);

  // Let each neuron look for its own direction (gate), and speak in proportion (up) where it finds it.
  const auto parts = project(x, block.gate_up).chunk(2, -1);
  const at::Tensor gate = parts[0], up = parts[1];                                       // [pos, d_mlp]
  keep(Point::gate, gate);
  keep(Point::up, up);
  const at::Tensor active = at::silu(gate) * up;                                         // [pos, d_mlp]
  keep(Point::act, active);

  // Add up what the neurons say.
  const at::Tensor added = project(active, block.down);                                   // [pos, d_model]
  keep(Point::mlp_out, added);
  return added;
}
// [/mlp]

}  // namespace tb
