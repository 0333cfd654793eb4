// expect: outside 3 / 3 rows
// Rows and columns in the wrong order.
#include "exercise.h"

void logit_lens(std::span<const float> residual, std::span<const float> weight, double epsilon,
                Matrix<const float> unembedding, std::span<float> logits) {
  for (std::size_t id = 0; id < logits.size(); ++id) {
    double sum = epsilon;
    for (std::size_t i = 0; i < residual.size(); ++i)
      sum += weight[i] * unembedding(i, id);  // here
    logits[id] = static_cast<float>(sum);
  }
}
