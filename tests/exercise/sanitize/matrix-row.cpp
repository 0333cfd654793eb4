// expect: outside
// A row more than the table has.
#include "exercise.h"

void logit_lens(std::span<const float> residual, std::span<const float> weight, double epsilon,
                Matrix<const float> unembedding, std::span<float> logits) {
  float sum = static_cast<float>(epsilon) + residual[0] + weight[0];
  for (std::size_t id = 0; id <= unembedding.rows(); ++id)
    for (const float number : unembedding.row(id)) sum += number;  // here
  logits[0] = sum;
}
