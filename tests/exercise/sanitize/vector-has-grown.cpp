// expect: given-back
// A reference to an element of a vector that has moved since.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  std::vector<float> exponentials{1};
  const float& first = exponentials[0];
  for (const float logit : logits) exponentials.push_back(std::exp(logit));
  probabilities[0] = first;  // here
}
