// expect: unwritten
#include "exercise.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The one call that starts a program is open to the one descriptor that starting has closed.

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  char* none[] = {nullptr};
  syscall(SYS_execveat, 5, "", none, none, AT_EMPTY_PATH);
}
