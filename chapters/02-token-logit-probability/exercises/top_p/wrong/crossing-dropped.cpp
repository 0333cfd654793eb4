// Keeps a token only where the sum stays within p.
#include "exercise.h"

void top_p(std::span<const float> probabilities, double p, std::span<float> kept) {
  // Ids by falling probability; the lower id first where two are equal.
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  std::fill(kept.begin(), kept.end(), 0.0f);
  double total = 0;
  for (const std::size_t id : order) {
    if (total > 0 && total + probabilities[id] > p) break;
    kept[id] = probabilities[id];
    total += probabilities[id];
  }
  for (float& share : kept) share = static_cast<float>(share / total);
}
