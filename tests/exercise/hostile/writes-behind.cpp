// expect: wrote-outside
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  volatile float* behind = probabilities.data();
  for (std::size_t i = 0; i <= probabilities.size(); ++i) behind[i] = 0;
}
