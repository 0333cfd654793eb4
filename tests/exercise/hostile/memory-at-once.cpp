// expect: memory
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  std::vector<char> all(std::size_t{1} << 40);
  probabilities[0] = all[logits.size()];
}
