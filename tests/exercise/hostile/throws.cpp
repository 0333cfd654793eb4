// expect: exception no softmax today
#include "exercise.h"

#include <stdexcept>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  throw std::runtime_error("no softmax today");
}
