// expect: outside
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  for (std::size_t i = 0; i <= probabilities.size(); ++i) probabilities[i] = logits[i];
}
