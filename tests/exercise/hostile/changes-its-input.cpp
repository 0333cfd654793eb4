// expect: changed-input
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  *const_cast<float*>(logits.data()) = 0;
  std::fill(probabilities.begin(), probabilities.end(), 0.5f);
}
