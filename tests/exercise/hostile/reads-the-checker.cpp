// expect: forbidden open
#include "exercise.h"

#include <fcntl.h>
#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const std::string file = "/proc/1/mem";
  open(file.c_str(), O_RDONLY);
}
