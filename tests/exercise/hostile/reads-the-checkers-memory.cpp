// expect: forbidden process_vm_readv
#include "exercise.h"

#include <sys/uio.h>
#include <unistd.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  char byte;
  const iovec here{&byte, 1}, there{reinterpret_cast<void*>(0x400000), 1};
  process_vm_readv(1, &here, 1, &there, 1, 0);
}
