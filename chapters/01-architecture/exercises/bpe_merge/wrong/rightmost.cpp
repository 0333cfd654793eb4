// An equal rank takes the place of the best, so that the last of equal pairs is merged.
#include "exercise.h"

void bpe_merge(std::span<const std::int32_t> tokens, Matrix<const std::int32_t> merges,
               std::span<std::int32_t> merged) {
  std::vector<std::int32_t> parts(tokens.begin(), tokens.end());
  while (true) {
    std::size_t best = merges.rows(), place = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
      for (std::size_t rank = 0; rank < merges.rows() && rank <= best; ++rank)
        if (merges(rank, 0) == parts[i] && merges(rank, 1) == parts[i + 1]) {
          best = rank;
          place = i;
        }
    if (best == merges.rows()) break;
    parts[place] = merges(best, 2);
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  std::fill(merged.begin(), merged.end(), -1);
  std::copy(parts.begin(), parts.end(), merged.begin());
}
