// The sizes and constants of one model, from its file's metadata. What differs between the Llama and the Qwen3 family
// is data here, not a class of its own. No torch.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace tb {

class Gguf;

struct Config {
  std::string architecture;           // "llama", "qwen3"
  std::int64_t n_layers = 0;
  std::int64_t n_heads = 0;           // queries look through n_heads windows
  std::int64_t n_kv_heads = 0;        // which share keys and values in groups of n_heads / n_kv_heads
  std::int64_t d_model = 0;           // width of the residual stream
  std::int64_t d_head = 0;
  std::int64_t d_mlp = 0;
  std::int64_t vocabulary = 0;
  std::int64_t context = 0;           // longest text, in tokens
  double norm_epsilon = 0;
  double rope_theta = 0;
  bool paired_rotation = false;       // the file's rows of Q and K stand in rotation pairs (Llama); put right at load
  bool qk_norm = false;               // RMSNorm of each head's q and k before the rotation (Qwen3)
  bool tied_head = false;             // the head is the embedding

  std::int64_t group() const { return n_heads / n_kv_heads; }
};

// Errors: those of the metadata (gguf.key_missing, ...), model.architecture, model.size (sizes that do not fit
// together), model.rope (a scaled rotation, which this transformer does not compute).
Result<Config> read_config(const Gguf& file);

}  // namespace tb
