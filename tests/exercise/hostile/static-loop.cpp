// expect: time
#include "exercise.h"

const bool before_main = [] {
  for (volatile bool forever = true; forever;) {}
  return true;
}();

void softmax(std::span<const float> logits, std::span<float> probabilities) {

}
