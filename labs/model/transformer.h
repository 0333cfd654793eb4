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
#include "labs/model/trace.h"

namespace tb {

// The matrices stand as in the file: [out, in], so that y = x W^T. Those that read the same x stand one below the
// other, so that one product does for them all.
struct Block {
  at::Tensor norm1;             // [d_model]
  at::Tensor qkv;               // [(head + kv_head + kv_head) * d_head, d_model]
  at::Tensor q_norm, k_norm;    // [d_head]; undefined in families without them
  at::Tensor out;               // [d_model, head * d_head]
  at::Tensor norm2;             // [d_model]
  at::Tensor gate_up;           // [d_mlp + d_mlp, d_model]
  at::Tensor down;              // [d_model, d_mlp]
};

struct Weights {
  at::Tensor embedding;         // [vocab, d_model]
  std::vector<Block> blocks;
  at::Tensor final_norm;        // [d_model]
  at::Tensor head;              // [vocab, d_model]; the embedding itself where the two are tied
};

// What goes along with one forward pass: what earlier tokens left behind, who watches, who changes.
struct Run {
  KvCache& cache;
  Trace& trace;
  const Edits& edits;
  std::int64_t first = 0;                // position of the first token of this run
  std::function<bool()> stopped;         // asked between layers; may be empty
  at::Tensor future;                     // [query, key] true where the key comes after the query; set by forward
  at::Tensor cosines, sines;             // [pos, 1, d_head] of the rotation; set by forward
};

class Transformer {
 public:
  Transformer(Config config, Weights weights);

  const Config& config() const { return config_; }
  at::Device device() const { return weights_.embedding.device(); }

  // ids [pos], int64 on the model's device -> [pos, d_model] after the final norm. Undefined if the run was stopped.
  at::Tensor forward(const at::Tensor& ids, Run& run) const;
  // [pos, d_model] after the final norm -> [pos, vocab], float32.
  at::Tensor logits(const at::Tensor& x) const;

  // Parts that are also computed on demand, from what was captured.
  // q [query, head, d_head], k [kv_head, key, d_head] -> [head, query, key], scaled, before the mask.
  at::Tensor scores(const at::Tensor& q, const at::Tensor& k) const;
  // z [pos, head, d_head] -> [pos, head, d_model]: what each head adds to the residual stream.
  at::Tensor head_out(std::int64_t layer, const at::Tensor& z) const;

 private:
  at::Tensor attention(std::int64_t layer, const at::Tensor& x, Run& run) const;
  at::Tensor mlp(std::int64_t layer, const at::Tensor& x, Run& run) const;
  at::Tensor norm(const at::Tensor& x, const at::Tensor& gain, at::Tensor* scale = nullptr) const;

  Config config_;
  Weights weights_;
  at::Tensor cosines_, sines_;   // [context, 1, d_head]
};

}  // namespace tb
