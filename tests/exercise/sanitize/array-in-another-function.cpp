// expect: outside-variable
// A local array that another function fills beyond its end: noticed where the first one ends.
#include "exercise.h"

namespace {
[[gnu::noinline]] void fill(float* numbers, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) numbers[i] = 1;
}
[[gnu::noinline]] float one() {
  float numbers[4] = {};
  fill(numbers, 16);
  return numbers[1];
}  // here
}  // namespace

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  probabilities[0] = one() + logits[0];
}
