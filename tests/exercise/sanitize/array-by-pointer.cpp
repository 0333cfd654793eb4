// expect: outside-variable
// A local array through a pointer.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  float exponentials[4] = {};
  float* p = exponentials;
  for (std::size_t i = 0; i < 2 * logits.size(); ++i)
    p[i] = logits[i / 2];  // here
  probabilities[0] = exponentials[1];
}
