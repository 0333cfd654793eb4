// expect: outside -4 / 40 bytes
// Before what `new` gave.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  auto* numbers = new float[10];
  for (std::size_t i = 0; i < 10; ++i) numbers[i] = logits[i % logits.size()];
  float sum = 0;
  for (int i = 9; i >= -1; --i)
    sum += numbers[i];  // here
  probabilities[0] = sum;
  delete[] numbers;
}
