#include "labs/model/transformer.h"

#include <cmath>
#include <tuple>
#include <utility>

#include <ATen/ATen.h>

#include "labs/model/rope.h"
#include "labs/model/slots.h"

namespace tb {

namespace {

// [rotation]
// x [pos, head, d_head]: turns each pair (x[i], x[i + d_head / 2]) by its position's angle, so that
// the product of a query and a key depends on how far apart they stand (Su et al. 2021).
// sines [pos, 1, d_head]: minus for each first.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines) {
  const at::Tensor partners = x.roll(x.size(-1) / 2, -1);   // [pos, head, d_head]: the halves in each other's place
  return at::addcmul(x * cosines, partners, sines);         // x * cosines + partners * sines
}
// [/rotation]

// [rmsnorm]
// x [..., d] and its root mean square [...]
// -> the same direction at root mean square 1, times a learned gain [d]
// (Zhang and Sennrich 2019).
at::Tensor norm(const at::Tensor& x, const at::Tensor& rms, const at::Tensor& gain) {
  return x / rms.unsqueeze(-1) * gain;
}
// [/rmsnorm]

// What a learner's function makes of the same input, where one stands in for ours; else `ours`.
at::Tensor stand_in(Slot slot, std::int64_t layer, const SlotInput& input, const at::Tensor& ours) {
  Slots* const slots = Slots::in_use();
  return slots ? slots->call(slot, layer, input, ours) : ours;
}

// The norm and the rotation of block `layer` (n_layers: behind the last), or what stands in for them.
at::Tensor normed(const Config& config, std::int64_t layer, const at::Tensor& x, const at::Tensor& rms,
                  const at::Tensor& gain) {
  return stand_in(Slot::rms_norm, layer, {{x, gain}, {config.norm_epsilon}}, norm(x, rms, gain));
}
at::Tensor turned(const Config& config, std::int64_t layer, const at::Tensor& x, const Run& run) {
  const at::Tensor ours = rotate(x, run.cosines, run.sines);
  // A rotation that is stretched for longer texts is none that the exercise knows.
  const bool plain = Slots::in_use() && config.rotation_scale == 1 &&
                     config.frequencies == frequencies({.theta = config.rope_theta}, config.d_head);
  if (!plain) return ours;
  return stand_in(Slot::rope, layer, {{x}, {static_cast<double>(run.first), config.rope_theta}}, ours);
}

// Texts that stand one behind the other, [text * pos, head, d_head] -> [pos, text * head, d_head]: to attention, which
// lets no head see another, they are more heads.
at::Tensor beside(const at::Tensor& x, std::int64_t texts) {
  if (texts == 1) return x;
  return x.view({texts, -1, x.size(1), x.size(2)}).transpose(0, 1).flatten(1, 2);
}
at::Tensor behind(const at::Tensor& x, std::int64_t texts) {
  if (texts == 1) return x;
  return x.view({x.size(0), texts, -1, x.size(2)}).transpose(0, 1).flatten(0, 1);
}

}  // namespace

// [pass]
at::Tensor Run::pass(Point point, std::int64_t layer, at::Tensor x) const {
  if (edits && !edits->empty()) x = edits->apply(point, layer, first, x);
  if (watch) x = watch(point, layer, x);
  if (trace) trace->keep(point, layer, first, x);
  return x;
}
// [/pass]

at::Tensor Run::project(const at::Tensor& x, const Matrix& matrix, std::int64_t layer, Product product) const {
  const at::Tensor y = multiply(x, matrix);
  return lora ? lora->add(y, x, layer, product, dropout) : y;
}

Transformer::Transformer(Config config, Weights weights) : config_(std::move(config)), weights_(std::move(weights)) {
  if (config_.frequencies.empty()) config_.frequencies = frequencies({.theta = config_.rope_theta}, config_.d_head);
  frequencies_ = at::tensor(config_.frequencies, at::TensorOptions().dtype(at::kFloat)).to(device());
}

// [forward]
at::Tensor Transformer::forward(const at::Tensor& ids, Run& run) const {
  // Look up each token's vector. It starts the residual stream.
  const at::Tensor x = run.pass(Point::embed, -1, look_up(weights_.embedding, ids));     // [pos, d_model]
  return forward_from(0, x, run);
}

at::Tensor Transformer::forward_from(std::int64_t start, at::Tensor x, Run& run) const {
  const std::int64_t n_new = x.size(0) / run.texts, n_all = run.first + n_new;

  // Note where each token stands: its angles, and which keys lie in its future.
  const at::Tensor positions = at::arange(run.first, n_all, frequencies_.options());
  const at::Tensor angles = at::outer(positions, frequencies_).repeat({run.texts, 1});   // [pos, d_head / 2]
  const at::Tensor cosines = angles.cos() * config_.rotation_scale, sines = angles.sin() * config_.rotation_scale;
  run.cosines = at::cat({cosines, cosines}, -1).unsqueeze(1);                            // [pos, 1, d_head]
  run.sines = at::cat({-sines, sines}, -1).unsqueeze(1);
  run.future = at::ones({n_new, n_all}, x.options().dtype(at::kBool)).triu(run.first + 1);   // [query, key]

  // Let every block read the stream and add to it.
  for (std::int64_t layer = start; layer < config_.n_layers; ++layer) {
    if (run.stopped && run.stopped()) return {};
    x = run.pass(Point::resid_pre, layer, x);
    x = run.pass(Point::resid_mid, layer, x + attention(layer, x, run));                 // [pos, d_model]
    if (config_.d_mlp > 0) x = x + mlp(layer, x, run);                                   // [pos, d_model]
    x = run.pass(Point::resid_post, layer, x);
  }

  // Normalise once more. `logits` compares the result with every token's vector.
  const at::Tensor scale = run.pass(Point::final_scale, -1, rms(x));                     // [pos]
  const at::Tensor last = normed(config_, config_.n_layers, x, scale, weights_.final_norm);
  return run.pass(Point::final_norm, -1, last);                                          // [pos, d_model]
}
// [/forward]

// [unembedding]
at::Tensor Transformer::logits(const at::Tensor& x) const {
  return multiply(x, weights_.head);   // [pos, vocab]
}
// [/unembedding]

at::Tensor Transformer::rms(const at::Tensor& x) const {
  return (x.square().mean(-1) + config_.norm_epsilon).sqrt();
}

// [attention]
at::Tensor Transformer::attention(std::int64_t layer, const at::Tensor& stream, Run& run) const {
  const Block& block = weights_.blocks[layer];
  const auto pass = [&](Point point, const at::Tensor& rows) { return run.pass(point, layer, rows); };

  // Read the stream at one length.
  const at::Tensor scale = pass(Point::norm1_scale, rms(stream));                        // [pos]
  const at::Tensor x = pass(Point::norm1, normed(config_, layer, stream, scale, block.norm1));   // [pos, d_model]

  // Ask (q), offer (k), and say what there is to tell (v), each head for itself:
  // one product, cut in three.
  const auto parts = run.project(x, block.qkv, layer, Product::qkv)
                         .view({x.size(0), -1, config_.d_head})
                         .split_with_sizes({config_.n_heads, config_.n_kv_heads, config_.n_kv_heads}, 1);
  at::Tensor q = pass(Point::q_raw, parts[0]);                                           // [pos, head, d_head]
  at::Tensor k = pass(Point::k_raw, parts[1]);                                           // [pos, kv_head, d_head]
  at::Tensor v = pass(Point::v, parts[2]);                                               // [pos, kv_head, d_head]
  if (config_.qk_norm) {
    q = normed(config_, layer, q, rms(q), block.q_norm);
    k = normed(config_, layer, k, rms(k), block.k_norm);
  }

  // Turn q and k by their positions, and remember k and v for the tokens to come.
  q = beside(pass(Point::q, turned(config_, layer, q, run)), run.texts);
  k = beside(pass(Point::k, turned(config_, layer, k, run)), run.texts).transpose(0, 1);   // [kv_head, key, d_head]
  v = beside(v, run.texts).transpose(0, 1);
  if (run.cache) std::tie(k, v) = run.cache->extend(layer, run.first, k, v);

  // Compare every query with every key.
  const at::Tensor compared = pass(Point::scores, scores(q, k));                         // [head, query, key]

  // Hide the future, and make weights of the scores: positive, adding up to 1 for each query.
  const at::Tensor past = q.size(0) > 1 ? compared.masked_fill(run.future, -INFINITY) : compared;
  const at::Tensor weights = stand_in(Slot::softmax, layer, {{past, compared}, {}}, past.softmax(-1));
  const at::Tensor pattern = pass(Point::pattern, weights);                              // [head, query, key]

  // Gather what the keys have to tell, in the proportions of the pattern.
  // A group of heads shares one v.
  const at::Tensor grouped = pattern.reshape({v.size(0), -1, v.size(1)});                // [kv_head, group * query, key]
  const at::Tensor gathered = at::bmm(grouped, v).view({-1, q.size(0), config_.d_head}); // [head, query, d_head]
  const at::Tensor by_token = behind(gathered.transpose(0, 1), run.texts);               // [pos, head, d_head]
  const at::Tensor z = pass(Point::z, stand_in(Slot::attention, layer, {{q, k, v}, {}}, by_token));

  // Put the heads side by side, and translate them back into the stream's language.
  return pass(Point::attn_out, run.project(z.flatten(1), block.out, layer, Product::out));   // [pos, d_model]
}
// [/attention]

// [scores]
at::Tensor Transformer::scores(const at::Tensor& q, const at::Tensor& k) const {
  // The heads of a group look at the same keys: their queries stand one below the other in one product.
  const std::int64_t n_query = q.size(0), n_key = k.size(1);
  const at::Tensor by_head = q.transpose(0, 1);                                          // [head, query, d_head]
  const at::Tensor grouped = by_head.reshape({k.size(0), config_.group() * n_query, config_.d_head});
  const at::Tensor products = at::bmm(grouped, k.transpose(1, 2));                      // [kv_head, group * query, key]
  return products.view({-1, n_query, n_key}) / std::sqrt(static_cast<double>(config_.d_head));
}
// [/scores]

at::Tensor Transformer::head_out(std::int64_t layer, const at::Tensor& z) const {
  const at::Tensor out = unpacked(weights_.blocks[layer].out);   // [d_model, head * d_head]
  return at::einsum("phd,mhd->phm", {z, out.view({config_.d_model, config_.n_heads, config_.d_head})});
}

// [mlp]
at::Tensor Transformer::mlp(std::int64_t layer, const at::Tensor& stream, Run& run) const {
  const Block& block = weights_.blocks[layer];
  const auto pass = [&](Point point, const at::Tensor& rows) { return run.pass(point, layer, rows); };

  // Read the stream at one length.
  const at::Tensor scale = pass(Point::norm2_scale, rms(stream));                        // [pos]
  const at::Tensor x = pass(Point::norm2, normed(config_, layer, stream, scale, block.norm2));   // [pos, d_model]

  // Let each neuron look for its own direction (gate), and speak in proportion (up) where it finds it.
  const auto parts = run.project(x, block.gate_up, layer, Product::gate_up).chunk(2, -1);
  const at::Tensor gate = pass(Point::gate, parts[0]), up = pass(Point::up, parts[1]);   // [pos, d_mlp]
  const at::Tensor active = pass(Point::act, at::silu(gate) * up);                       // [pos, d_mlp]

  // Add up what the neurons say.
  return pass(Point::mlp_out, run.project(active, block.down, layer, Product::down));    // [pos, d_model]
}
// [/mlp]

}  // namespace tb
