// What the tests of the labs over the analyses share: PyTorch's numbers (tests/reference/analysis), a second model.
#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "labs/model/transformer.h"
#include "tests/labs/lab_bench.h"

namespace tb::testing {

inline const nlohmann::json& recorded() {
  static const auto loaded = nlohmann::json::parse(std::ifstream("tests/reference/analysis/reference.json"));
  return loaded;
}
inline std::vector<double> numbers(const nlohmann::json& list) { return list.get<std::vector<double>>(); }

inline const char* const clean_text = "When John and Mary went to the store, John gave a drink to";

// A second family, with two layers: what is slow on the bundled model is checked here.
inline Model& tiny_model() {
  static const std::shared_ptr<Model> model = [] {
    LoadOptions options;
    options.path = "tests/reference/qwen3-tiny/tiny.gguf";
    options.device = "cpu";
    return Model::load(options, {}).value();
  }();
  return *model;
}

inline double number(const Snapshot& snapshot, const std::string& place) { return value_at(snapshot, place).value(); }

inline double largest_gap(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

inline std::size_t missing(const Snapshot& snapshot, std::string_view column) {
  const auto& values = snapshot.numbers(column);
  return static_cast<std::size_t>(std::count_if(values.begin(), values.end(), [](double x) { return std::isnan(x); }));
}

}  // namespace tb::testing
