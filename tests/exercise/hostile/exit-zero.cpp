// expect: ended 0
#include "exercise.h"

#include <cstdlib>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  std::exit(0);
}
