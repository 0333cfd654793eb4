// expect: forbidden getppid
#include "exercise.h"

#include <sys/ptrace.h>
#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr);
}
