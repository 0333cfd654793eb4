// expect: forged
#include "exercise.h"

#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  char flood[4096] = {};
  write(3, flood, sizeof flood);
  for (volatile bool forever = true; forever;) {}
}
