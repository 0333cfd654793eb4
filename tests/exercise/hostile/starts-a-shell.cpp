// expect: forbidden execve
#include "exercise.h"

#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  execl("/bin/sh", "sh", "-c", "id", nullptr);
}
