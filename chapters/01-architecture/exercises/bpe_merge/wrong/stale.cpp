// Looks for pairs among the given tokens only: what a merge has made is never merged again.
#include "exercise.h"

void bpe_merge(std::span<const std::int32_t> tokens, Matrix<const std::int32_t> merges,
               std::span<std::int32_t> merged) {
  std::vector<std::int32_t> parts(tokens.begin(), tokens.end());
  std::vector<bool> made(parts.size(), false);
  for (std::size_t rank = 0; rank < merges.rows(); ++rank)
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
      if (!made[i] && !made[i + 1] && merges(rank, 0) == parts[i] && merges(rank, 1) == parts[i + 1]) {
        parts[i] = merges(rank, 2);
        made[i] = true;
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        made.erase(made.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
  std::fill(merged.begin(), merged.end(), -1);
  std::copy(parts.begin(), parts.end(), merged.begin());
}
