// expect: outside 12 / 12 bytes
// What a vector holds, through a pointer.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  std::vector<float> exponentials(logits.begin(), logits.end());
  const float* p = exponentials.data();
  float sum = 0;
  for (std::size_t i = 0; i <= logits.size(); ++i)
    sum += p[i];  // here
  probabilities[0] = sum;
}
