#include "labs/model/training/parameters.h"

#include <cmath>
#include <numbers>
#include <utility>

#include <ATen/ATen.h>

#include "labs/model/guard.h"

namespace tb {

namespace {

std::string in_layer(std::int64_t layer, std::string_view part) {
  return "model.layers." + std::to_string(layer) + "." + std::string(part);
}

// A product's matrix and bias: one part for each projection.
void add_product(std::vector<Parameter>& all, const Config& config, const Matrix& matrix, std::int64_t layer,
                 Product product) {
  Parameter weight{matrix.dense, {}}, bias{matrix.bias, {}};
  for (const Projection projection : parts_of(product)) {
    const std::string name = in_layer(layer, module_of(projection));
    const std::int64_t rows = shape_of(config, projection)[0];
    weight.parts.push_back({name + ".weight", rows});
    bias.parts.push_back({name + ".bias", rows});
  }
  if (weight.tensor.defined()) all.push_back(std::move(weight));
  if (bias.tensor.defined()) all.push_back(std::move(bias));
}

// A float32 copy that requires a gradient.
at::Tensor leaf(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  return tensor.detach().to(at::kFloat, /*non_blocking=*/false, /*copy=*/true).requires_grad_(true);
}
Matrix leaf(const Matrix& matrix) {
  return {.dense = unpacked(matrix).detach().clone().requires_grad_(true), .bias = leaf(matrix.bias)};
}

// Normal numbers by the method of Box and Muller (1958).
at::Tensor normal(std::int64_t rows, std::int64_t columns, double deviation, Random& random) {
  const at::Tensor tensor = at::empty({rows, columns}, at::kFloat);
  float* to = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));   // 1 - u is never 0
    to[i] = static_cast<float>(deviation * radius * std::cos(2 * std::numbers::pi * random.uniform()));
  }
  return tensor;
}

// The first size that makes no sense, or "".
std::string wrong_size(const Config& c) {
  constexpr std::int64_t most = 1 << 20;
  const std::pair<const char*, std::int64_t> sizes[] = {
      {"n_layers", c.n_layers}, {"n_heads", c.n_heads}, {"n_kv_heads", c.n_kv_heads}, {"d_model", c.d_model},
      {"d_head", c.d_head},     {"vocabulary", c.vocabulary}, {"context", c.context}};
  for (const auto& [name, size] : sizes)
    if (size < 1 || size > most) return name;
  if (c.d_mlp < 0 || c.d_mlp > most) return "d_mlp";
  if (c.n_heads % c.n_kv_heads != 0) return "n_kv_heads";
  if (c.d_head % 2 != 0) return "d_head";
  if (!(c.norm_epsilon > 0)) return "norm_epsilon";
  if (!(c.rope_theta > 0)) return "rope_theta";
  return "";
}

}  // namespace

std::vector<NamedTensor> named(const std::vector<Parameter>& parameters) {
  std::vector<NamedTensor> all;
  for (const Parameter& parameter : parameters) {
    const at::Tensor value = parameter.tensor.detach(), gradient = parameter.tensor.grad();
    std::int64_t row = 0;
    for (const Parameter::Part& part : parameter.parts) {
      all.push_back({part.name, value.narrow(0, row, part.rows),
                     gradient.defined() ? gradient.narrow(0, row, part.rows) : at::Tensor()});
      row += part.rows;
    }
  }
  return all;
}

std::vector<Parameter> parameters_of(const Config& config, const Weights& weights, bool trained) {
  std::vector<Parameter> all;
  const auto vector = [&](const at::Tensor& tensor, const std::string& name) {
    if (tensor.defined()) all.push_back({tensor, {{name, tensor.size(0)}}});
  };
  vector(weights.embedding.dense, "model.embed_tokens.weight");
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    const Block& block = weights.blocks[layer];
    vector(block.norm1, in_layer(layer, "input_layernorm.weight"));
    add_product(all, config, block.qkv, layer, Product::qkv);
    vector(block.q_norm, in_layer(layer, "self_attn.q_norm.weight"));
    vector(block.k_norm, in_layer(layer, "self_attn.k_norm.weight"));
    add_product(all, config, block.out, layer, Product::out);
    if (config.d_mlp == 0) continue;
    vector(block.norm2, in_layer(layer, "post_attention_layernorm.weight"));
    add_product(all, config, block.gate_up, layer, Product::gate_up);
    add_product(all, config, block.down, layer, Product::down);
  }
  vector(weights.final_norm, "model.norm.weight");
  if (!config.tied_head) vector(weights.head.dense, "lm_head.weight");
  if (trained) std::erase_if(all, [](const Parameter& p) { return !p.tensor.requires_grad(); });
  return all;
}

Weights trainable(const Config& config, const Weights& weights, const TrainedPart& part) {
  Weights result = weights;
  if (part.embedding) result.embedding = leaf(weights.embedding);
  for (std::int64_t layer = part.first_layer; layer < config.n_layers; ++layer) {
    Block& block = result.blocks[layer];
    for (at::Tensor* gain : {&block.norm1, &block.q_norm, &block.k_norm, &block.norm2}) *gain = leaf(*gain);
    block.qkv = leaf(block.qkv);
    block.out = leaf(block.out);
    if (config.d_mlp == 0) continue;
    block.gate_up = leaf(block.gate_up);
    block.down = leaf(block.down);
  }
  if (part.head) result.final_norm = leaf(weights.final_norm);
  if (config.tied_head) result.head = result.embedding;
  else if (part.head) result.head = leaf(weights.head);
  return result;
}

Result<Transformer> from_scratch(const Config& config, std::uint64_t seed, at::Device device) {
  if (const std::string name = wrong_size(config); !name.empty()) return fail("training.config", name, {name});
  return guarded("from_scratch", [&]() -> Result<Transformer> {
    Random random(seed);
    const auto matrix = [&](std::int64_t out, std::int64_t in, double factor) {
      return Matrix{.dense = normal(out, in, factor / std::sqrt(static_cast<double>(in)), random).to(device)};
    };
    const auto gains = [device](std::int64_t size) { return at::ones({size}, at::dtype(at::kFloat).device(device)); };
    const std::int64_t q_rows = config.n_heads * config.d_head, kv_rows = config.n_kv_heads * config.d_head;
    const double quiet = 1 / std::sqrt(2.0 * static_cast<double>(config.n_layers));

    Weights weights;
    weights.embedding = matrix(config.vocabulary, config.d_model, 1);
    for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
      Block block;
      block.norm1 = gains(config.d_model);
      block.qkv = matrix(q_rows + 2 * kv_rows, config.d_model, 1);
      if (config.qk_norm) {
        block.q_norm = gains(config.d_head);
        block.k_norm = gains(config.d_head);
      }
      block.out = matrix(config.d_model, q_rows, quiet);
      if (config.d_mlp > 0) {
        block.norm2 = gains(config.d_model);
        block.gate_up = matrix(2 * config.d_mlp, config.d_model, 1);
        block.down = matrix(config.d_model, config.d_mlp, quiet);
      }
      weights.blocks.push_back(std::move(block));
    }
    weights.final_norm = gains(config.d_model);
    weights.head = config.tied_head ? weights.embedding : matrix(config.vocabulary, config.d_model, 1);
    return Transformer(config, trainable(config, weights, {}));
  });
}

}  // namespace tb
