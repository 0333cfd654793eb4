// expect: uninitialised best
// An index that nobody has set.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  int best;
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (logits[i] > 1e6f) best = static_cast<int>(i);
  probabilities[0] = logits[static_cast<std::size_t>(best)];  // here
}
