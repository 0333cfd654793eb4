// expect: outside -1 / 3
// The index before the first, in a std::span that is written to.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  for (std::size_t i = logits.size(); i + 1 > 0; --i)
    probabilities[i - 1] = logits[i > 0 ? i - 1 : 0];  // here
}
