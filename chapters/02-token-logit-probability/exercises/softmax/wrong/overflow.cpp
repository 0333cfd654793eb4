// The formula as it stands in the book: exp(1000) is infinite, and infinity divided by infinity is not a number.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  float total = 0;
  for (const float x : logits) total += std::exp(x);
  for (std::size_t i = 0; i < logits.size(); ++i) probabilities[i] = std::exp(logits[i]) / total;
}
