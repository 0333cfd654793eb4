// expect: outside !this->empty()
// The last of none.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  std::vector<float> exponentials;
  if (logits.empty()) exponentials.push_back(1);
  probabilities[0] = exponentials.back();  // here
}
