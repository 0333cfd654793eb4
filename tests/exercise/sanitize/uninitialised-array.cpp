// expect: uninitialised w[i]
// An array that begins with nothing.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  double w[64];
  for (std::size_t i = 0; i < logits.size(); ++i)
    w[i] += std::exp(logits[i]);  // here
  for (std::size_t i = 0; i < logits.size(); ++i) probabilities[i] = static_cast<float>(w[i]);
}
