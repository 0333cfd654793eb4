// expect: unwritten
#include "exercise.h"

#include <unistd.h>

// Says that the call is done, with nothing done.

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const unsigned long call = 1;
  write(3, &call, sizeof call);
  for (volatile bool forever = true; forever;) {}
}
