// expect: outside 3 / 3
// One more than the vector holds.
#include "exercise.h"

namespace {
float last(const std::vector<float>& numbers) {
  return numbers[numbers.size()];  // here
}
}  // namespace

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  probabilities[0] = last({logits.begin(), logits.end()});
}
