#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  // Subtracting the largest logit changes no ratio, and no exponential can then exceed 1.
  const float largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    probabilities[i] = std::exp(logits[i] - largest);
    total += probabilities[i];
  }
  for (float& p : probabilities) p = static_cast<float>(p / total);
}
