// expect: crash SIGSEGV
// A function that calls itself without end.
#include "exercise.h"

namespace {
float sum(std::span<const float> numbers, float so_far) {
  volatile float used[64] = {so_far}; return used[0] + sum(numbers, so_far + 1) + used[1];  // here
}
}  // namespace

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  probabilities[0] = sum(logits, 0);
}
