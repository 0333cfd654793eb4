// expect: forbidden open
#include "exercise.h"

#include <fcntl.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  open("/proc/self/maps", O_RDONLY);
}
