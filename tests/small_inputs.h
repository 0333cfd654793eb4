// Inputs with which labs that read many texts show all they have of fewer: for tests that look at every lab.
#pragma once

#include <map>
#include <string>

namespace tb::testing {

inline std::map<std::string, std::string> small_inputs(const std::string& lab) {
  static const std::map<std::string, std::map<std::string, std::string>> all = {
      {"depth", {{"prompts", "The capital of France is\nThe opposite of hot is\nBread is a"}}},
      {"missed",
       {{"prompts", "The capital of France is | Paris | London\nThe opposite of hot is | cold | warm"}, {"heads", "8"}}},
      {"levers",
       {{"prompts", "The food was good, but the service was bad. All in all, it was very\nThe soup was very"},
        {"controls", "1"}}},
      {"probe", {{"pairs", "4"}}},
      {"spread", {{"pairs", "John Mary"}, {"controls", "2"}}}};
  const auto found = all.find(lab);
  return found == all.end() ? std::map<std::string, std::string>() : found->second;
}

}  // namespace tb::testing
