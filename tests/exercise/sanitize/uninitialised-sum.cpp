// expect: uninitialised sum
// A sum that begins with nothing.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  float sum;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    probabilities[i] = std::exp(logits[i]);
    sum += probabilities[i];  // here
  }
  for (float& p : probabilities) p /= sum;
}
