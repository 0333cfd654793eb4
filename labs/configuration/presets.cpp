#include "labs/configuration/presets.h"

#include <array>

namespace tb {
namespace {

// [qwen3]
struct Sizes {
  std::int64_t layers, heads, kv_heads, width, head_width, mlp;
  bool tied;
};

Config qwen3(Sizes s) {
  Config c;
  c.architecture = "qwen3";
  c.n_layers = s.layers;
  c.n_heads = s.heads;
  c.n_kv_heads = s.kv_heads;
  c.d_model = s.width;
  c.d_head = s.head_width;
  c.d_mlp = s.mlp;
  c.tied_head = s.tied;
  c.vocabulary = 151936;
  c.context = 40960;
  c.norm_epsilon = 1e-6;
  c.rope_theta = 1e6;
  c.qk_norm = true;
  return c;
}
// [/qwen3]

// [smollm2]
Config smollm2_135m() {
  Config c;
  c.architecture = "llama";
  c.n_layers = 30;
  c.n_heads = 9;
  c.n_kv_heads = 3;
  c.d_model = 576;
  c.d_head = 64;
  c.d_mlp = 1536;
  c.tied_head = true;
  c.vocabulary = 49152;
  c.context = 8192;
  c.norm_epsilon = 1e-5;
  c.rope_theta = 1e5;
  return c;
}
// [/smollm2]

}  // namespace

// Each as in the config.json of its repository (Qwen Team 2025, "Qwen3 Technical Report", table 1, has them too).
std::span<const Preset> presets() {
  static const std::array<Preset, 7> all = {{
      {"smollm2-135m", "SmolLM2-135M", "huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct", smollm2_135m()},
      {"qwen3-0.6b", "Qwen3-0.6B", "huggingface.co/Qwen/Qwen3-0.6B", qwen3({28, 16, 8, 1024, 128, 3072, true})},
      {"qwen3-1.7b", "Qwen3-1.7B", "huggingface.co/Qwen/Qwen3-1.7B", qwen3({28, 16, 8, 2048, 128, 6144, true})},
      {"qwen3-4b", "Qwen3-4B", "huggingface.co/Qwen/Qwen3-4B", qwen3({36, 32, 8, 2560, 128, 9728, true})},
      {"qwen3-8b", "Qwen3-8B", "huggingface.co/Qwen/Qwen3-8B", qwen3({36, 32, 8, 4096, 128, 12288, false})},
      {"qwen3-14b", "Qwen3-14B", "huggingface.co/Qwen/Qwen3-14B", qwen3({40, 40, 8, 5120, 128, 17408, false})},
      {"qwen3-32b", "Qwen3-32B", "huggingface.co/Qwen/Qwen3-32B", qwen3({64, 64, 8, 5120, 128, 25600, false})},
  }};
  return all;
}

}  // namespace tb
