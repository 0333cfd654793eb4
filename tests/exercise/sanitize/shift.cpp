// expect: shift
// More places than an int has.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const int places = 30 + static_cast<int>(logits.size());
  probabilities[0] = static_cast<float>(1 << places);  // here
}
