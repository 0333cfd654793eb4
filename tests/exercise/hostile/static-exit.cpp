// expect: ended 0
#include "exercise.h"

#include <unistd.h>

const bool before_main = (_exit(0), true);

void softmax(std::span<const float> logits, std::span<float> probabilities) {

}
