// Takes the share for a probability.
#include "exercise.h"

void min_p(std::span<const float> probabilities, double share, std::span<float> kept) {
  const double threshold = std::min<double>(share, *std::max_element(probabilities.begin(), probabilities.end()));
  double total = 0;
  for (const float p : probabilities) total += p >= threshold ? p : 0;
  for (std::size_t i = 0; i < kept.size(); ++i)
    kept[i] = probabilities[i] >= threshold ? static_cast<float>(probabilities[i] / total) : 0;
}
