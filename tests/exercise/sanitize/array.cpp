// expect: outside 4 / 4
// A local array, one step too many.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  float exponentials[4] = {};
  for (std::size_t i = 0; i <= 4; ++i)
    exponentials[i] = logits[i % logits.size()];  // here
  probabilities[0] = exponentials[0];
}
