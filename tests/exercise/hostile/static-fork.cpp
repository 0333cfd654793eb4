// expect: forbidden clone
#include "exercise.h"

#include <unistd.h>

const int before_main = fork();

void softmax(std::span<const float> logits, std::span<float> probabilities) {

}
