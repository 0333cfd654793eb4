// expect: crash SIGSEGV
#include "exercise.h"

float deeper(volatile float* above) {
  volatile float here[256] = {*above};
  return deeper(here) + here[0];
}

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  volatile float first = 1;
  probabilities[0] = deeper(&first);
}
