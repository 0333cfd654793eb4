// expect: forbidden clone
#include "exercise.h"

#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  for (;;) fork();
}
