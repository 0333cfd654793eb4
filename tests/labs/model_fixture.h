// The bundled model, loaded once for a test program and dtype.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/catch.h"
// Torch's logging has a CHECK of its own, which would quietly take the place of Catch2's.
#pragma push_macro("CHECK")
#undef CHECK
#include <ATen/ATen.h>

#include "labs/model/context.h"
#include "labs/model/model.h"
#pragma pop_macro("CHECK")

#include "base/files.h"

namespace tb::testing {

inline std::string model_path() {
  return (cache_folder() / "deps/models/SmolLM2-135M-Instruct.Q4_1.gguf").string();
}

inline const std::shared_ptr<Model>& shared_model(const std::string& dtype = "float32",
                                                  const std::string& weights = "auto") {
  static std::map<std::string, std::shared_ptr<Model>> loaded;
  std::shared_ptr<Model>& model = loaded[dtype + weights];
  if (!model) {
    LoadOptions options;
    options.path = model_path();
    options.device = "cpu";
    options.dtype = dtype;
    options.weights = weights;
    auto result = Model::load(options, {});
    if (!result) throw std::runtime_error(result.error().code + " at " + result.error().where + ": run ./textbook");
    model = *result;
  }
  return model;
}
inline Model& bundled_model(const std::string& dtype = "float32", const std::string& weights = "auto") {
  return *shared_model(dtype, weights);
}

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) throw std::runtime_error("the shapes differ");
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

inline Probes probes_of(const std::vector<std::string>& names) {
  auto probes = Probes::of(bundled_model(), names);
  if (!probes) throw std::runtime_error(probes.error().code);
  return *probes;
}

// Two float32 ways to the same number may differ by this much in the logits.
constexpr double tolerance = 5e-4;

const std::vector<std::int64_t> store = {2427, 2322, 284, 5099, 3514, 288, 260, 4249, 28, 2322, 4502, 253, 5968, 288};

}  // namespace tb::testing
