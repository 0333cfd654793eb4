// expect: time
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  for (volatile bool forever = true; forever;) {}
}
