// expect: outside 3 / 3 logits
// A pointer past the argument's end.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const float* p = logits.data();
  float sum = 0;
  for (std::size_t i = 0; i <= logits.size(); ++i)
    sum += p[i];  // here
  probabilities[0] = sum;
}
