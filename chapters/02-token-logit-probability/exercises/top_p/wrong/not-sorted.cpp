// Walks through the tokens by their ids.
#include "exercise.h"

void top_p(std::span<const float> probabilities, double p, std::span<float> kept) {
  std::fill(kept.begin(), kept.end(), 0.0f);
  double total = 0;
  for (std::size_t id = 0; id < probabilities.size(); ++id) {
    kept[id] = probabilities[id];
    total += probabilities[id];
    if (total >= p) break;
  }
  for (float& share : kept) share = static_cast<float>(share / total);
}
