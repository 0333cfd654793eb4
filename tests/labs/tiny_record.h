// The tiny models of tests/reference/tiny and what transformers computed for them (record.py says what is in a record).
// Needs neither torch nor the bundled model.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "labs/model/safetensors_file.h"

namespace tb::testing {

// Those that are there both as a folder and as a GGUF.
inline const std::vector<std::string> tiny_models = {"qwen3", "qwen3-sharded", "qwen3-yarn", "llama",
                                                     "llama-multi-query", "llama-bias", "llama3", "llama-dynamic",
                                                     "mistral", "qwen2"};
inline std::string tiny_path(const std::string& name) { return "tests/reference/tiny/" + name; }

class TinyRecord {
 public:
  explicit TinyRecord(const std::string& name) : file_(open(name)) {}
  const SafetensorsTensor& tensor(const std::string& name) const {
    const SafetensorsTensor* tensor = file_.tensor(name);
    if (!tensor) throw std::runtime_error("the record has no " + name);
    return *tensor;
  }
  std::vector<float> numbers(const std::string& name) const { return read<float>(name); }
  std::vector<std::int64_t> ids() const { return read<std::int64_t>("ids"); }

 private:
  static SafetensorsFile open(const std::string& name) {
    auto file = SafetensorsFile::open(tiny_path(name) + "/record.safetensors");
    if (!file) throw std::runtime_error(file.error().code + " at " + file.error().where);
    return std::move(*file);
  }
  template <class T>
  std::vector<T> read(const std::string& name) const {
    const auto bytes = tensor(name).bytes;
    std::vector<T> numbers(bytes.size() / sizeof(T));
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
  }
  SafetensorsFile file_;
};

}  // namespace tb::testing
