// What transformers computed from the bundled model's file (tests/reference/smollm2), for the tests of the labs.
#pragma once

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/files.h"

namespace tb::testing {

// float32 tensors that transformers computed.
inline std::vector<float> recorded(const std::string& name) {
  static const auto index = nlohmann::json::parse(std::ifstream("tests/reference/smollm2/reference.json"));
  static const std::string bytes = read_file("tests/reference/smollm2/reference.bin").value();
  const auto& entry = index["tensors"].at(name);
  std::size_t size = 1;
  for (const std::size_t extent : entry["shape"]) size *= extent;
  std::vector<float> numbers(size);
  std::memcpy(numbers.data(), bytes.data() + entry["offset"].get<std::size_t>() * sizeof(float), size * sizeof(float));
  return numbers;
}

inline const char* const store_prompt = "When John and Mary went to the store, John gave a drink to";

}  // namespace tb::testing
