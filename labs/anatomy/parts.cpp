#include "labs/anatomy/parts.h"

#include <map>

#include "base/text.h"
#include "labs/model/checkpoint.h"

namespace tb {
namespace {

// How a tensor of the file is called here: "blk.3.attn_q.weight" -> "attn.q".
std::string part_of_tensor(std::string_view tensor) {
  static const std::map<std::string_view, const char*> names = {
      {"token_embd", "embedding"}, {"attn_norm", "norm1"},         {"attn_q", "attn.q"},        {"attn_k", "attn.k"},
      {"attn_v", "attn.v"},        {"attn_q_norm", "attn.rotate"}, {"attn_k_norm", "attn.rotate"},
      {"attn_output", "attn.out"}, {"ffn_norm", "norm2"},          {"ffn_gate", "mlp.gate"},    {"ffn_up", "mlp.up"},
      {"ffn_down", "mlp.down"},    {"output_norm", "final_norm"},  {"output", "head"}};
  std::string_view stem = tensor.substr(0, tensor.rfind('.'));
  stem = stem.substr(stem.rfind('.') == stem.npos ? 0 : stem.rfind('.') + 1);
  const auto found = names.find(stem);
  return found == names.end() ? std::string() : found->second;
}

std::string block_prefix(std::int64_t layer) { return "blocks." + std::to_string(layer); }

}  // namespace

std::vector<Part> parts_of(const Config& c) {
  const std::string width = std::to_string(c.d_head), heads = std::to_string(c.n_heads);
  const auto with_bias = [](std::string formula, bool bias) { return bias ? formula + " + b" : formula; };
  const std::string norm = "g ⊙ x / √(mean(x^2) + ε)";
  std::vector<Part> parts = {
      {"embedding", false, Point::embed, "x = E[token]"},
      {"block", true, Point::resid_post,
       c.d_mlp > 0 ? "x ← x + attn(norm_1(x)),   x ← x + mlp(norm_2(x))" : "x ← x + attn(norm_1(x))"},
      {"norm1", true, Point::norm1, "n = " + norm},
      {"attn", true, Point::attn_out, "attn(n)_i = W_o Σ_j a_{ij} v_j"},
      {"attn.q", true, Point::q_raw, with_bias("q_i = W_q n_i", c.qkv_bias)},
      {"attn.k", true, Point::k_raw, with_bias("k_j = W_k n_j", c.qkv_bias)},
      {"attn.v", true, Point::v, with_bias("v_j = W_v n_j", c.qkv_bias)},
      {"attn.rotate", true, Point::q,
       c.qk_norm ? "q_i ← R_i norm(q_i),   k_j ← R_j norm(k_j)" : "q_i ← R_i q_i,   k_j ← R_j k_j"},
      {"attn.scores", true, Point::scores, "s_{ij} = q_i · k_j / √" + width},
      {"attn.pattern", true, Point::pattern, "a_{ij} = exp(s_{ij}) / Σ_{m ≤ i} exp(s_{im})"},
      {"attn.z", true, Point::z, "z_i = Σ_j a_{ij} v_j"},
      {"attn.out", true, Point::attn_out, with_bias("W_o (z_i^1, …, z_i^{" + heads + "})", c.out_bias)}};
  if (c.d_mlp > 0)
    parts.insert(parts.end(), {
        {"norm2", true, Point::norm2, "n = " + norm},
        {"mlp", true, Point::mlp_out, "mlp(n) = W_{down} (silu(W_{gate} n) ⊙ W_{up} n)"},
        {"mlp.gate", true, Point::gate, with_bias("g = W_{gate} n", c.mlp_bias)},
        {"mlp.up", true, Point::up, with_bias("u = W_{up} n", c.mlp_bias)},
        {"mlp.act", true, Point::act, "a = silu(g) ⊙ u,   silu(g) = g / (1 + exp(−g))"},
        {"mlp.down", true, Point::mlp_out, with_bias("W_{down} a", c.mlp_bias)}});
  parts.push_back({"final_norm", false, Point::final_norm, "n = " + norm});
  parts.push_back({"head", false, Point::logits, c.tied_head ? "logits = E n" : "logits = W_U n"});

  // Count what the first block and the parts around the blocks have learned.
  Config one = c;
  one.n_layers = std::min<std::int64_t>(c.n_layers, 1);
  for_each_tensor(one, [&](const TensorNeed& tensor) {
    std::int64_t numbers = 1;
    for (const std::int64_t size : tensor.shape) numbers *= size;
    const std::string name = part_of_tensor(tensor.name);
    for (Part& part : parts) {
      const bool inside = part.name == "block" ? tensor.name.starts_with("blk.") : name.starts_with(part.name + ".");
      if (part.name != name && !inside) continue;
      part.parameters += numbers;
      const bool matrix = tensor.name.ends_with(".weight") && !inside;
      if (matrix) part.shape = part.shape.empty() ? tensor.shape : std::vector<std::int64_t>{2, c.d_head};
    }
    return true;
  });
  if (c.tied_head) parts.back().shape = {c.vocabulary, c.d_model};
  return parts;
}

bool holds_others(const Part& part) { return part.name == "block" || part.name == "attn" || part.name == "mlp"; }

std::int64_t parameters_of(const Config& config) {
  std::int64_t sum = 0;
  for (const Part& part : parts_of(config))
    if (!holds_others(part)) sum += part.parameters * (part.in_block ? config.n_layers : 1);
  return sum;
}

std::string name_of(const PartPlace& place) {
  if (!place.part.in_block) return place.part.name;
  return block_prefix(place.layer) + (place.part.name == "block" ? "" : "." + place.part.name);
}

Result<PartPlace> find_part(const Config& config, std::string_view name, const std::string& where) {
  std::vector<std::string> known;
  for (const Part& part : parts_of(config))
    for (std::int64_t layer = 0; layer < (part.in_block ? config.n_layers : 1); ++layer) {
      const PartPlace place{part, part.in_block ? layer : -1};
      known.push_back(name_of(place));
      if (known.back() == name) return place;
    }
  return fail("anatomy.part", where, {std::string(name), nearest(name, known).value_or("embedding")});
}

}  // namespace tb
