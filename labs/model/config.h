// The sizes and constants of one model, from its file's metadata or its folder's config.json. What differs between the
// Llama and the Qwen families is data here, not a class of its own. No torch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb {

class Gguf;
struct Rope;

struct Config {
  std::string architecture;           // "llama", "qwen2", "qwen3"
  std::int64_t n_layers = 0;
  std::int64_t n_heads = 0;           // queries look through n_heads windows
  std::int64_t n_kv_heads = 0;        // which share keys and values in groups of n_heads / n_kv_heads
  std::int64_t d_model = 0;           // width of the residual stream
  std::int64_t d_head = 0;
  std::int64_t d_mlp = 0;
  std::int64_t vocabulary = 0;
  std::int64_t context = 0;           // longest text, in tokens
  double norm_epsilon = 0;
  double rope_theta = 10000;
  std::vector<float> frequencies;     // [d_head / 2]: radians that each pair of q and k turns at each position; empty:
                                      // those that follow from rope_theta (rope.h)
  double rotation_scale = 1;          // what the rotation multiplies q and k by (other than 1 with yarn)
  bool paired_rotation = false;       // the file's rows of Q and K stand in rotation pairs (Llama); put right at load
  bool qk_norm = false;               // RMSNorm of each head's q and k before the rotation (Qwen3)
  bool tied_head = false;             // the head is the embedding
  bool qkv_bias = false, out_bias = false, mlp_bias = false;   // what adds a learned vector to its products

  std::int64_t group() const { return n_heads / n_kv_heads; }
};

// Errors: those of the metadata (gguf.key_missing, ...); model.unsupported (a part this transformer does not compute,
// such as a sliding window or an unknown scaling of the rotation), model.size (sizes that do not fit together),
// model.number, model.tensor.
Result<Config> read_config(const Gguf& file);

// The text of a Hugging Face folder's config.json, of the model types llama, mistral, qwen2 and qwen3, with the keys
// of transformers 4 and 5. What it leaves out is as in transformers. `where` stands for the file in errors.
// Errors: checkpoint.json, checkpoint.key_missing, checkpoint.key_type, and the model.* above.
Result<Config> read_config(std::string_view json, const std::string& where);

// What both have in common: are the sizes possible and the numbers sane? Sets the rotation.
Result<void> finish_config(Config& config, const Rope& rope, const std::string& where);

}  // namespace tb
