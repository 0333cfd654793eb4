#include "exercise.h"

// The tokens with at least `share` times the largest probability, divided by their sum; 0 for all others.
void min_p(std::span<const float> probabilities, double share, std::span<float> kept) {
}
