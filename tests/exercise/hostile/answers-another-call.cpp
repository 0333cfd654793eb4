// expect: forged
#include "exercise.h"

#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const unsigned long call = 7;
  write(3, &call, sizeof call);
  for (volatile bool forever = true; forever;) {}
}
