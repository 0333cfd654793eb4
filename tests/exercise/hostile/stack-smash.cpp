// expect: crash SIG
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  volatile float small[2] = {};
  for (std::size_t i = 0; i < 1000000; ++i) small[i] = 1;
  probabilities[0] = small[1];
}
