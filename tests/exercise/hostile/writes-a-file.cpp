// expect: forbidden open
#include "exercise.h"

#include <fcntl.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  open("left-behind", O_CREAT | O_WRONLY, 0644);
}
