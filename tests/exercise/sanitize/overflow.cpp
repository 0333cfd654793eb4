// expect: signed-overflow 479001600 * 13 (int)
// A factorial that an int cannot hold.
#include "exercise.h"

namespace {
int factorial(int n) {
  int product = 1;
  for (int i = 2; i <= n; ++i)
    product *= i;  // here
  return product;
}
}  // namespace

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  probabilities[0] = static_cast<float>(factorial(10 + static_cast<int>(logits.size())));
}
