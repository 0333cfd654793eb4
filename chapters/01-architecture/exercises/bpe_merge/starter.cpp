#include "exercise.h"

// Row r of `merges`: left token, right token, result; the lowest r acts first. Write the tokens that are left to
// `merged`, and -1 to the places behind them.
void bpe_merge(std::span<const std::int32_t> tokens, Matrix<const std::int32_t> merges,
               std::span<std::int32_t> merged) {
}
