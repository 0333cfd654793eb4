// Tiny models, records and small data for the tests of training.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/files.h"
#include "tests/labs/model_fixture.h"
#pragma push_macro("CHECK")
#undef CHECK
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include "labs/model/checkpoint.h"
#include "labs/model/training/gradients.h"
#include "labs/model/training/parameters.h"
#include "labs/model/training/trainer.h"
#include "labs/model/transformer.h"
#include "labs/model/weights.h"
#pragma pop_macro("CHECK")

#include "labs/model/safetensors_file.h"

namespace tb::testing {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().code + " at " + result.error().where);
  return std::move(*result);
}
inline void must(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().code + " at " + result.error().where);
}

// A safetensors file as tensors: float32, or int64.
class Record {
 public:
  explicit Record(const std::string& path) : file_(must(SafetensorsFile::open(path))) {}
  const SafetensorsFile& file() const { return file_; }
  at::Tensor operator[](const std::string& name) const {
    const SafetensorsTensor* tensor = file_.tensor(name);
    if (!tensor) throw std::runtime_error("the record has no " + name);
    const at::Tensor copy = at::empty(tensor->shape, tensor->type == "F32" ? at::kFloat : at::kLong);
    std::memcpy(copy.data_ptr(), tensor->bytes.data(), tensor->bytes.size());
    return copy;
  }
  std::vector<std::int64_t> integers(const std::string& name) const {
    const at::Tensor tensor = (*this)[name];
    return {tensor.const_data_ptr<std::int64_t>(), tensor.const_data_ptr<std::int64_t>() + tensor.numel()};
  }

 private:
  SafetensorsFile file_;
};

inline const Transformer& tiny(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Transformer>> loaded;
  std::unique_ptr<Transformer>& transformer = loaded[name];
  if (transformer) return *transformer;
  const Checkpoint file = must(Checkpoint::open("tests/reference/tiny/" + name));
  Weights weights = must(load_weights(file, at::kCPU, at::kFloat, WeightForm::dense, 1, {}));
  transformer = std::make_unique<Transformer>(file.config(), std::move(weights));
  return *transformer;
}
// The same, with weights of its own that can be trained.
inline Transformer tiny_to_train(const std::string& name, const TrainedPart& part = {}) {
  const Config& config = tiny(name).config();
  return Transformer(config, trainable(config, tiny(name).weights(), part));
}

// A small transformer to be trained from nothing: attention only, d_model and vocabulary 64.
inline Config small_config(std::int64_t n_layers) {
  Config config;
  config.architecture = "llama";
  config.n_layers = n_layers;
  config.n_heads = config.n_kv_heads = 4;
  config.d_model = 64;
  config.d_head = 16;
  config.d_mlp = 0;
  config.vocabulary = 64;
  config.context = 64;
  config.norm_epsilon = 1e-5;
  config.rope_theta = 10000;
  return config;
}

inline at::Tensor ids_tensor(const std::vector<std::int64_t>& ids) { return at::tensor(ids, at::kLong); }

inline at::Tensor logits_of(const Transformer& transformer, const std::vector<std::int64_t>& ids,
                            const Lora* lora = nullptr) {
  const c10::InferenceMode no_gradients;
  Run run{.lora = lora};
  return transformer.logits(transformer.forward(ids_tensor(ids), run));
}

// The largest difference, measured against the largest number.
inline double relative_difference(const at::Tensor& ours, const at::Tensor& theirs) {
  return largest_difference(ours, theirs) / std::max(1e-12, theirs.abs().max().item<double>());
}

inline bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.dtype() == b.dtype() && at::equal(a, b);
}

inline std::vector<std::int64_t> random_ids(std::int64_t count, std::int64_t vocabulary, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < count; ++i) ids.push_back(random.below(vocabulary));
  return ids;
}

}  // namespace tb::testing
