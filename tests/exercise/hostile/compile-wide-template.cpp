// expect: compile-
#include "exercise.h"

template <unsigned long long path, int depth>
struct Wide {
  Wide<path * 2, depth - 1> left;
  Wide<path * 2 + 1, depth - 1> right;
};
template <unsigned long long path>
struct Wide<path, 0> {};
Wide<1, 40> wide;

void softmax(std::span<const float> logits, std::span<float> probabilities) {

}
