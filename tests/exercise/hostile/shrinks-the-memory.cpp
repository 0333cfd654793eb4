// expect: forbidden ftruncate
#include "exercise.h"

#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  ftruncate(4, 0);
}
