// expect: float-cast
// e to the 30th, as an int.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const float large = std::exp(10 * logits[2]);
  probabilities[0] = static_cast<float>(static_cast<int>(large));  // here
}
