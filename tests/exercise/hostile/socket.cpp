// expect: forbidden socket
#include "exercise.h"

#include <sys/socket.h>

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  socket(AF_INET, SOCK_STREAM, 0);
}
