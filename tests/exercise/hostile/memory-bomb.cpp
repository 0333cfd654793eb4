// expect: memory
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  std::vector<std::vector<char>> all;
  for (;;) all.emplace_back(1 << 24, 1);
}
