// expect: forbidden ptrace
#include "exercise.h"

#include <sys/ptrace.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  ptrace(PTRACE_ATTACH, 1, nullptr, nullptr);
}
