// expect: abi
#include "exercise.h"

#include <unistd.h>

// Says that it is ready before anything is.
const bool before_main = [] {
  const unsigned long ready = 0;
  write(3, &ready, sizeof ready);
  for (volatile bool forever = true; forever;) {}
  return true;
}();

void softmax(std::span<const float> logits, std::span<float> probabilities) {
}
