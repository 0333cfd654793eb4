// Low-rank adaptation (Hu et al. 2021): beside a frozen matrix W stands a small path, y = W x + alpha / r * B A x.
// A [r, in] starts random and B [out, r] at zero, so that an untrained adapter changes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "base/random.h"
#include "labs/model/config.h"

namespace tb {

struct Parameter;   // labs/model/training/parameters.h
struct Weights;     // labs/model/transformer.h

// A block's projections, and the products that compute them: what reads the same x is one product.
enum class Projection : std::uint8_t { q, k, v, out, gate, up, down };
constexpr std::size_t n_projections = 7;
enum class Product : std::uint8_t { qkv, out, gate_up, down };

std::span<const Projection> parts_of(Product product);      // in the order of their rows
std::string_view module_of(Projection projection);          // "self_attn.q_proj", as in transformers
// [out, in] of a projection.
std::array<std::int64_t, 2> shape_of(const Config& config, Projection projection);

struct LoraOptions {
  std::vector<Projection> projections = {Projection::q, Projection::v};
  std::vector<std::int64_t> layers;    // empty: all
  std::int64_t rank = 8;
  double alpha = 16;
  double dropout = 0;                  // chance of each number of x to be left out in training, for this path alone
};

class Lora {
 public:
  struct Pair {
    at::Tensor a, b;                   // [rank, in], [out, rank], float32; undefined where there is no adapter
  };

  // A uniform in +-1 / sqrt(in), as peft does, from `seed`; B zero.
  // Errors: lora.rank, lora.alpha, lora.dropout, lora.layer, lora.projection (none, or one the model does not have).
  static Result<Lora> create(const Config& config, LoraOptions options, std::uint64_t seed, at::Device device);

  // A folder in the format of peft: adapter_config.json and adapter_model.safetensors.
  // Errors: file.*, safetensors.*, checkpoint.json; lora.key (a missing key or one of the wrong kind), lora.unsupported
  // (an option that changes the computation in a way not known here), lora.tensor (of another name, shape or type than
  // the model asks for), lora.number (no finite number), lora.pair (A without B).
  static Result<Lora> load(const std::filesystem::path& folder, const Config& config, at::Device device);
  // `base` names the model that the adapter belongs to. Errors: file.write.
  Result<void> save(const std::filesystem::path& folder, const std::string& base) const;

  const LoraOptions& options() const { return options_; }
  const Pair& pair(std::int64_t layer, Projection projection) const {
    return layers_[layer][static_cast<std::size_t>(projection)];
  }
  double scale() const { return options_.alpha / static_cast<double>(options_.rank); }

  // y [pos, out of the product] = W x, x [pos, in] -> y with what the adapter adds. With `dropout`, x is thinned first.
  at::Tensor add(const at::Tensor& y, const at::Tensor& x, std::int64_t layer, Product product, Random* dropout) const;

  // The matrices with the adapter in them, alpha / r * B A + W; all else is shared with `weights`, which stay as they
  // are: to unmerge is to go on with those. Merged matrices are float32, whatever they were.
  Weights merged(const Weights& weights) const;

  // A and B by peft's names. Those that require a gradient are trained.
  std::vector<Parameter> parameters() const;
  // Grows with every change of A or B: what was computed with an older version is no longer true.
  std::int64_t version() const;

 private:
  Config config_;
  LoraOptions options_;
  std::vector<std::array<Pair, n_projections>> layers_;
};

}  // namespace tb
