// expect: forbidden mmap
#include "exercise.h"

#include <sys/mman.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
