// The model: from tokens to logits, as one reads it in chapter 1. What it is: the Llama family (and Qwen3, whose
// differences are data in Config). What it is not: a framework. One sequence at a time, no batch dimension.
//
// Shapes, everywhere in labs/model:
//   pos       the tokens of this run; with a cache only the new ones
//   query     the same, where they look            key       all tokens so far, where they are looked at
//   head      n_heads                              kv_head   n_kv_heads; heads share them in groups
//   d_model   width of the residual stream         d_head    width of one head
//   d_mlp     neurons of one MLP                   vocab     tokens of the vocabulary
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "labs/model/config.h"
#include "labs/model/edits.h"
#include "labs/model/lora.h"
#include "labs/model/matrix.h"
#include "labs/model/trace.h"

namespace tb {

// Matrices that read the same x stand one below the other, so that one product does for them all.
struct Block {
  at::Tensor norm1;             // [d_model]
  Matrix qkv;                   // [(head + kv_head + kv_head) * d_head, d_model]
  at::Tensor q_norm, k_norm;    // [d_head]; undefined in families without them
  Matrix out;                   // [d_model, head * d_head]
  at::Tensor norm2;             // [d_model]
  Matrix gate_up;               // [d_mlp + d_mlp, d_model]; empty, like norm2 and down, in a model without MLPs
  Matrix down;                  // [d_model, d_mlp]
};

struct Weights {
  Matrix embedding;             // [vocab, d_model]
  std::vector<Block> blocks;
  at::Tensor final_norm;        // [d_model]
  Matrix head;                  // [vocab, d_model]; the embedding itself where the two are tied
};

// What goes along with one forward pass: what earlier tokens left behind, who watches, who changes. Each may be null:
// training runs whole texts, remembers no keys, and lets autograd do the watching.
struct Run {
  KvCache* cache = nullptr;
  Trace* trace = nullptr;
  const Edits* edits = nullptr;
  const Lora* lora = nullptr;            // an adapter beside the matrices
  Random* dropout = nullptr;             // where the adapter's dropout takes its chances; null: nothing is dropped
  std::function<at::Tensor(Point, std::int64_t layer, at::Tensor)> watch;   // gives back what flows on; may be empty
  std::int64_t first = 0;                // position of the first token of this run; 0 without a cache
  std::int64_t texts = 1;                // without a cache: so many texts of equal length, one behind the other
  std::function<bool()> stopped;         // asked between layers; may be empty
  at::Tensor future;                     // [query, key] true where the key comes after the query; set by forward
  at::Tensor cosines, sines;             // [pos, 1, d_head] of the rotation; set by forward

  // At each point of labs/model/probes.h: x as the interventions leave it, after whoever watches has seen it.
  at::Tensor pass(Point point, std::int64_t layer, at::Tensor x) const;
  // x [pos, in] -> [pos, out]: by a matrix, and by what the adapter adds to it.
  at::Tensor project(const at::Tensor& x, const Matrix& matrix, std::int64_t layer, Product product) const;
};

class Transformer {
 public:
  Transformer(Config config, Weights weights);

  const Config& config() const { return config_; }
  const Weights& weights() const { return weights_; }
  at::Device device() const { return weights_.final_norm.device(); }

  // ids [pos], int64 on the model's device -> [pos, d_model] after the final norm. Undefined if the run was stopped.
  at::Tensor forward(const at::Tensor& ids, Run& run) const;
  // The same from the residual stream x [pos, d_model] before block `layer` on.
  at::Tensor forward_from(std::int64_t layer, at::Tensor x, Run& run) const;
  // [pos, d_model] after the final norm -> [pos, vocab], float32.
  at::Tensor logits(const at::Tensor& x) const;

  // Parts that are also computed on demand, from what was captured.
  // q [query, head, d_head], k [kv_head, key, d_head] -> [head, query, key], scaled, before the mask.
  at::Tensor scores(const at::Tensor& q, const at::Tensor& k) const;
  // z [pos, head, d_head] -> [pos, head, d_model]: what each head adds to the residual stream.
  at::Tensor head_out(std::int64_t layer, const at::Tensor& z) const;
  // x [..., d] -> [...]: the root mean square that a norm divides by, the model's epsilon included.
  at::Tensor rms(const at::Tensor& x) const;

 private:
  at::Tensor attention(std::int64_t layer, const at::Tensor& x, Run& run) const;
  at::Tensor mlp(std::int64_t layer, const at::Tensor& x, Run& run) const;

  Config config_;
  Weights weights_;
  at::Tensor frequencies_;   // [d_head / 2]: the angle by which each pair of q and k turns at each position
};

}  // namespace tb
