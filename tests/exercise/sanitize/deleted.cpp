// expect: given-back
// Memory that was deleted.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  auto* sum = new float(0);
  for (const float logit : logits) *sum += logit;
  delete sum;
  probabilities[0] = *sum;  // here
}
