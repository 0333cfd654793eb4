// expect: compile
#include "exercise.h"

int main() {}

void softmax(std::span<const float> logits, std::span<float> probabilities) {

}
