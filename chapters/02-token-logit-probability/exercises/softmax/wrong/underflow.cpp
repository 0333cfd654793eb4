// The search for the largest logit begins at zero, which is larger than all of them where all are negative.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  float largest = 0;
  for (const float x : logits) largest = std::max(largest, x);
  float total = 0;
  for (const float x : logits) total += std::exp(x - largest);
  for (std::size_t i = 0; i < logits.size(); ++i) probabilities[i] = std::exp(logits[i] - largest) / total;
}
