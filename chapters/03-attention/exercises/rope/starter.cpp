#include "exercise.h"

// x and y [pos, head, d_head]; the first row stands at position `first`. Turns the numbers e and e + d_head / 2 of each
// head by the position's angle.
void rope(Cube<const float> x, std::size_t first, double theta, Cube<float> y) {
}
