#include "exercise.h"

// The fewest most probable tokens that add up to at least p, divided by their sum; 0 for all others. The three orders
// are one: place i of `kept` belongs to place i of `probabilities`.
void top_p(std::span<const float> probabilities, double p, std::span<float> kept) {
}
