// expect: forbidden open
#include "exercise.h"

#include <fcntl.h>

const int before_main = open("/etc/passwd", O_RDONLY);

void softmax(std::span<const float> logits, std::span<float> probabilities) {

}
