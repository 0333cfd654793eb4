#include "exercise.h"

// scores and pattern [query, key]. Adds `bias` to the score of `key`, for each query that sees it, before softmax.
void bias_attention(Matrix<const float> scores, std::size_t key, double bias, Matrix<float> pattern) {
}
