// expect: outside 3 / 3
// One step too many in a std::span that is read.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  float sum = 0;
  for (std::size_t i = 0; i <= logits.size(); ++i)
    sum += std::exp(logits[i]);  // here
  for (std::size_t i = 0; i < logits.size(); ++i) probabilities[i] = std::exp(logits[i]) / sum;
}
