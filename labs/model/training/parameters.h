// What training changes: the tensors of a model by the names they have in transformers, and where they come from:
// random numbers, or a copy of a trained model's weights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/model/config.h"
#include "labs/model/transformer.h"

namespace tb {

struct Parameter {
  struct Part {
    std::string name;              // "model.layers.0.self_attn.q_proj.weight"
    std::int64_t rows;
  };
  at::Tensor tensor;               // float32; a leaf of autograd
  std::vector<Part> parts;         // what stands in it, one below the other
};

// One part of a parameter, as a view.
struct NamedTensor {
  std::string name;
  at::Tensor value;
  at::Tensor gradient;             // undefined before the first backward pass
};
std::vector<NamedTensor> named(const std::vector<Parameter>& parameters);

// Every tensor of the model; with `trained`, only those that require a gradient.
std::vector<Parameter> parameters_of(const Config& config, const Weights& weights, bool trained = false);

struct TrainedPart {
  std::int64_t first_layer = 0;    // this block and those above it
  bool embedding = true;           // with it a head that is tied to it
  bool head = true;                // the final norm, and a head of its own
};
// The same weights, with float32 copies that require a gradient of the part to be trained; the rest is shared.
Weights trainable(const Config& config, const Weights& weights, const TrainedPart& part);

// A model from scratch, ready to train. Matrices are normal with standard deviation 1 / sqrt(in), so that every
// product keeps the length of what it reads; those that write to the residual stream (out, down) are of that times
// 1 / sqrt(2 n_layers), so that the stream's length does not grow with depth (Radford et al. 2019); the embedding is
// normal with deviation 1 / sqrt(d_model); gains are 1. The same seed gives the same model on any device.
// Errors: training.config (a size that is missing, or does not fit the others; the first argument says which),
// torch.memory.
Result<Transformer> from_scratch(const Config& config, std::uint64_t seed, at::Device device = at::kCPU);

}  // namespace tb
