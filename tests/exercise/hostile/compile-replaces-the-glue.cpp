// expect: compile
#include "exercise.h"

extern "C" const void* textbook_plugin() { return nullptr; }

void softmax(std::span<const float> logits, std::span<float> probabilities) {

}
