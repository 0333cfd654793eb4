// LayerNorm in the place of RMS norm.
#include "exercise.h"

void logit_lens(std::span<const float> residual, std::span<const float> weight, double epsilon,
                Matrix<const float> unembedding, std::span<float> logits) {
  const double n = static_cast<double>(residual.size());
  const double mean = std::accumulate(residual.begin(), residual.end(), 0.0) / n;
  double squares = 0;
  for (const float r : residual) squares += (r - mean) * (r - mean) / n;
  std::vector<float> x;
  for (std::size_t i = 0; i < residual.size(); ++i)
    x.push_back(static_cast<float>((residual[i] - mean) / std::sqrt(squares + epsilon) * weight[i]));
  for (std::size_t t = 0; t < unembedding.rows(); ++t)
    logits[t] = std::inner_product(x.begin(), x.end(), unembedding.row(t).begin(), 0.0f);
}
