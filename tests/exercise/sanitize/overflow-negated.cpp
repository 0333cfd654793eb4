// expect: signed-overflow -2147483648 (int)
// The one int whose negative is none.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const int lowest = std::numeric_limits<int>::min() + static_cast<int>(logits.size()) - 3;
  probabilities[0] = static_cast<float>(-lowest);  // here
}
