#include "exercise.h"

// Scales `x` so that the mean of its squares is 1, and multiplies by `weight`. All three spans have the same length.
void rms_norm(std::span<const float> x, std::span<const float> weight, double epsilon, std::span<float> y) {
}
