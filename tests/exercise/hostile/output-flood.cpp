// expect: output
#include "exercise.h"

#include <cstdio>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  for (;;) std::puts("a line of output that nobody will read");
}
