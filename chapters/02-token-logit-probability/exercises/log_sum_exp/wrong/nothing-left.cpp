// Right for every text; but -infinity minus -infinity is not a number.
#include "exercise.h"

float log_sum_exp(std::span<const float> logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  float total = 0;
  for (const float z : logits) total += std::exp(z - largest);
  return largest + std::log(total);
}
