// expect: null
// A pointer that found nothing.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const float* largest = nullptr;
  for (const float& logit : logits)
    if (logit > 1e6f) largest = &logit;
  probabilities[0] = *largest;  // here
}
