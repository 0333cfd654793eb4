// Merges the first pair that has any rule.
#include "exercise.h"

void bpe_merge(std::span<const std::int32_t> tokens, Matrix<const std::int32_t> merges,
               std::span<std::int32_t> merged) {
  std::vector<std::int32_t> parts(tokens.begin(), tokens.end());
  bool changed = true;
  while (changed) {
    changed = false;
    for (std::size_t i = 0; i + 1 < parts.size() && !changed; ++i)
      for (std::size_t rank = 0; rank < merges.rows() && !changed; ++rank)
        if (merges(rank, 0) == parts[i] && merges(rank, 1) == parts[i + 1]) {
          parts[i] = merges(rank, 2);
          parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
          changed = true;
        }
  }
  std::fill(merged.begin(), merged.end(), -1);
  std::copy(parts.begin(), parts.end(), merged.begin());
}
