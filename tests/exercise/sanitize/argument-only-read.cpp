// expect: changed-input logits
// An argument that is only read is written to, through a cast.
#include "exercise.h"

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  auto* p = const_cast<float*>(logits.data());
  for (std::size_t i = 0; i < logits.size(); ++i)
    p[i] = std::exp(p[i]);  // here
  probabilities[0] = p[0];
}
