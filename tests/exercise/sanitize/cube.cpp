// expect: outside
// A matrix more than the cube has.
#include "exercise.h"

void rope(Cube<const float> x, std::size_t first, double theta, Cube<float> y) {
  for (std::size_t position = first; position <= x.size() + first; ++position)
    y[position - first](0, 0) = static_cast<float>(x(position - first, 0, 0) * theta);  // here
}
