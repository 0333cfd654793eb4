// expect: division-by-zero
// How many times nothing.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const int rest = static_cast<int>(logits.size()) - 3;
  probabilities[0] = static_cast<float>(7 / rest);  // here
}
