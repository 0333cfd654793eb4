// What transformers computed for the bundled model (tests/reference/smollm2/record.py).
#pragma once

#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/labs/model_fixture.h"

namespace tb::testing {

struct Reference {
  static constexpr const char* folder = "tests/reference/smollm2/";
  nlohmann::json index = nlohmann::json::parse(std::ifstream(std::string(folder) + "reference.json"));
  std::string bytes = read_file(std::string(folder) + "reference.bin").value();

  at::Tensor tensor(const std::string& name) const {
    const auto& entry = index["tensors"].at(name);
    const auto shape = entry["shape"].get<std::vector<std::int64_t>>();
    void* data = const_cast<char*>(bytes.data()) + entry["offset"].get<std::size_t>() * sizeof(float);
    return at::from_blob(data, shape, at::kFloat);
  }
  at::Tensor columns(const char* key) const {
    return at::tensor(index[key].get<std::vector<std::int64_t>>(), at::kLong);
  }
};

inline const Reference& reference() {
  static const Reference loaded;
  return loaded;
}

}  // namespace tb::testing
