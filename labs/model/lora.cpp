#include "labs/model/lora.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "labs/model/training/parameters.h"
#include "labs/model/transformer.h"

namespace tb {

namespace {

// x with each number dropped at this chance, and the others enlarged so that the expected sum stays.
at::Tensor thinned(const at::Tensor& x, double chance, Random& random) {
  const at::Tensor kept = at::empty(x.sizes(), at::kFloat);
  float* to = kept.data_ptr<float>();
  const auto factor = static_cast<float>(1 / (1 - chance));
  for (std::int64_t i = 0; i < kept.numel(); ++i) to[i] = random.uniform() < chance ? 0 : factor;
  return x * kept.to(x.device());
}

bool has_mlp(Projection p) { return p == Projection::gate || p == Projection::up || p == Projection::down; }

}  // namespace

std::span<const Projection> parts_of(Product product) {
  static constexpr std::array all = {Projection::q,    Projection::k,  Projection::v,   Projection::out,
                                     Projection::gate, Projection::up, Projection::down};
  switch (product) {
    case Product::qkv: return std::span(all).subspan(0, 3);
    case Product::out: return std::span(all).subspan(3, 1);
    case Product::gate_up: return std::span(all).subspan(4, 2);
    case Product::down: break;
  }
  return std::span(all).subspan(6, 1);
}

std::string_view module_of(Projection projection) {
  static constexpr std::array<std::string_view, n_projections> names = {
      "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
      "mlp.gate_proj",    "mlp.up_proj",      "mlp.down_proj"};
  return names[static_cast<std::size_t>(projection)];
}

std::array<std::int64_t, 2> shape_of(const Config& c, Projection projection) {
  switch (projection) {
    case Projection::q: return {c.n_heads * c.d_head, c.d_model};
    case Projection::k: case Projection::v: return {c.n_kv_heads * c.d_head, c.d_model};
    case Projection::out: return {c.d_model, c.n_heads * c.d_head};
    case Projection::gate: case Projection::up: return {c.d_mlp, c.d_model};
    case Projection::down: break;
  }
  return {c.d_model, c.d_mlp};
}

Result<Lora> Lora::create(const Config& config, LoraOptions options, std::uint64_t seed, at::Device device) {
  if (options.rank < 1 || options.rank > config.d_model)
    return fail("lora.rank", "rank", {std::to_string(options.rank), std::to_string(config.d_model)});
  if (!std::isfinite(options.alpha)) return fail("lora.alpha", "alpha");
  if (!(options.dropout >= 0 && options.dropout < 1)) return fail("lora.dropout", "dropout");
  if (options.projections.empty()) return fail("lora.projection", "projections", {""});
  for (const Projection p : options.projections)
    if (config.d_mlp == 0 && has_mlp(p)) return fail("lora.projection", "projections", {std::string(module_of(p))});
  if (options.layers.empty())
    for (std::int64_t layer = 0; layer < config.n_layers; ++layer) options.layers.push_back(layer);
  for (const std::int64_t layer : options.layers)
    if (layer < 0 || layer >= config.n_layers)
      return fail("lora.layer", "layers", {std::to_string(layer), std::to_string(config.n_layers - 1)});

  Lora lora;
  lora.config_ = config;
  lora.layers_.resize(static_cast<std::size_t>(config.n_layers));
  Random random(seed);
  for (const std::int64_t layer : options.layers) {
    for (const Projection projection : options.projections) {
      const auto [out, in] = shape_of(config, projection);
      const at::Tensor a = at::empty({options.rank, in}, at::kFloat);
      const double reach = 1 / std::sqrt(static_cast<double>(in));
      float* to = a.data_ptr<float>();
      for (std::int64_t i = 0; i < a.numel(); ++i) to[i] = static_cast<float>((2 * random.uniform() - 1) * reach);
      Pair& pair = lora.layers_[layer][static_cast<std::size_t>(projection)];
      pair = {a.to(device), at::zeros({out, options.rank}, at::TensorOptions().dtype(at::kFloat).device(device))};
    }
  }
  lora.options_ = std::move(options);
  return lora;
}

// [lora]
at::Tensor Lora::add(const at::Tensor& y, const at::Tensor& x, std::int64_t layer, Product product,
                     Random* dropout) const {
  std::int64_t row = 0;
  for (const Projection projection : parts_of(product)) {
    const std::int64_t rows = shape_of(config_, projection)[0];
    if (const Pair& path = pair(layer, projection); path.a.defined()) {
      const at::Tensor seen = dropout && options_.dropout > 0 ? thinned(x, options_.dropout, *dropout) : x;
      const at::Tensor narrow = at::linear(seen, path.a);                                // [pos, rank]
      y.narrow(1, row, rows).add_(at::linear(narrow, path.b), scale());                  // [pos, rows]
    }
    row += rows;
  }
  return y;
}
// [/lora]

Weights Lora::merged(const Weights& weights) const {
  Weights result = weights;
  const auto merge = [&](Matrix& matrix, std::int64_t layer, Product product) {
    at::Tensor dense;
    std::int64_t row = 0;
    for (const Projection projection : parts_of(product)) {
      const std::int64_t rows = shape_of(config_, projection)[0];
      if (const Pair& path = pair(layer, projection); path.a.defined()) {
        if (!dense.defined()) dense = unpacked(matrix).detach().clone();
        // [merge]
        dense.narrow(0, row, rows).add_(path.b.detach().mm(path.a.detach()), scale());   // W + alpha / r * B A
        // [/merge]
      }
      row += rows;
    }
    if (dense.defined()) matrix = Matrix{.dense = dense, .bias = matrix.bias};
  };
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    Block& block = result.blocks[layer];
    const auto l = static_cast<std::int64_t>(layer);
    merge(block.qkv, l, Product::qkv);
    merge(block.out, l, Product::out);
    if (config_.d_mlp == 0) continue;
    merge(block.gate_up, l, Product::gate_up);
    merge(block.down, l, Product::down);
  }
  return result;
}

std::vector<Parameter> Lora::parameters() const {
  std::vector<Parameter> all;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    for (std::size_t p = 0; p < n_projections; ++p) {
      const Pair& path = layers_[layer][p];
      if (!path.a.defined()) continue;
      const std::string name = "base_model.model.model.layers." + std::to_string(layer) + "." +
                               std::string(module_of(static_cast<Projection>(p)));
      all.push_back({path.a, {{name + ".lora_A.weight", path.a.size(0)}}});
      all.push_back({path.b, {{name + ".lora_B.weight", path.b.size(0)}}});
    }
  }
  return all;
}

std::int64_t Lora::version() const {
  std::int64_t sum = 0;
  for (const auto& layer : layers_)
    for (const Pair& path : layer)
      if (path.a.defined()) sum += path.a._version() + path.b._version();
  return sum;
}

}  // namespace tb
