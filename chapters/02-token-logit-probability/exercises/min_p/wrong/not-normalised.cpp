// Cuts, and leaves the rest as it was.
#include "exercise.h"

void min_p(std::span<const float> probabilities, double share, std::span<float> kept) {
  const double threshold = share * *std::max_element(probabilities.begin(), probabilities.end());
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = probabilities[i] >= threshold ? probabilities[i] : 0;
}
