// expect: outside 2 / 2
// Outside of a part, though inside of the whole.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const auto tail = logits.subspan(1);
  float largest = logits[0];
  for (std::size_t i = 0; i < logits.size(); ++i)
    largest = std::max(largest, tail[i]);  // here
  probabilities[0] = largest;
}
