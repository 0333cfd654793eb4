#include "exercise.h"

float log_sum_exp(std::span<const float> logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  if (std::isinf(largest)) return largest;   // every token is forbidden
  // With the largest taken out, no exponential exceeds 1, and one of them is 1.
  double total = 0;
  for (const float z : logits) total += std::exp(static_cast<double>(z) - largest);
  return static_cast<float>(largest + std::log(total));
}
