// Takes out the smallest logit instead of the largest.
#include "exercise.h"

float log_sum_exp(std::span<const float> logits) {
  const float smallest = *std::min_element(logits.begin(), logits.end());
  if (std::isinf(smallest)) return smallest;
  float total = 0;
  for (const float z : logits) total += std::exp(z - smallest);
  return smallest + std::log(total);
}
