// expect: outside -1 / 3 probabilities
// A pointer before the result's begin, where nothing of the result changes.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  float sum = 0;
  for (const float logit : logits) sum += std::exp(logit - 3);
  for (std::size_t i = 0; i < logits.size(); ++i) probabilities[i] = std::exp(logits[i] - 3) / sum;
  float* p = probabilities.data() - 1;
  *p = 0;  // here
}
