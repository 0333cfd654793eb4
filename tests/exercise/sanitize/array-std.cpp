// expect: outside 4 / 4
// The same with std::array.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  std::array<float, 4> exponentials{};
  for (std::size_t i = 0; i <= exponentials.size(); ++i)
    exponentials[i] = logits[i % logits.size()];  // here
  probabilities[0] = exponentials[0];
}
