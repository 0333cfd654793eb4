// expect: wrote-outside
#include "exercise.h"

#include <cstring>
#include <sys/mman.h>

// All of the memory that is shared with the checker, its description of the call included.

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const std::size_t size = 1 << 20;
  void* all = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, 4, 0);
  std::memset(all, 0, size);
}
