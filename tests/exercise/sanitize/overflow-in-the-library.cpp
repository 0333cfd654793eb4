// expect: signed-overflow
// A sum that the standard library makes.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const std::vector<int> large(logits.size(), 1 << 30);
  const int sum = std::accumulate(large.begin(), large.end(), 0);  // here
  probabilities[0] = static_cast<float>(sum);
}
