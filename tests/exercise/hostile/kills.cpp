// expect: forbidden kill
#include "exercise.h"

#include <csignal>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  kill(-1, SIGKILL);
}
