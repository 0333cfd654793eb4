// Finds the probability at which the sum is reached, and keeps every token that has at least as much.
#include "exercise.h"

void top_p(std::span<const float> probabilities, double p, std::span<float> kept) {
  // Ids by falling probability; the lower id first where two are equal.
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  std::fill(kept.begin(), kept.end(), 0.0f);
  double total = 0, threshold = 0;
  for (const std::size_t id : order) {
    threshold = probabilities[id];
    total += probabilities[id];
    if (total >= p) break;
  }
  total = 0;
  for (const float share : probabilities) total += share >= threshold ? share : 0;
  for (std::size_t id = 0; id < kept.size(); ++id)
    if (probabilities[id] >= threshold) kept[id] = static_cast<float>(probabilities[id] / total);
}
