// expect: time
#include "exercise.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  int word = 0;
  for (;;) syscall(SYS_futex, &word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
}
