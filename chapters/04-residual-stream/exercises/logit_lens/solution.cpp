#include "exercise.h"

void logit_lens(std::span<const float> residual, std::span<const float> weight, double epsilon,
                Matrix<const float> unembedding, std::span<float> logits) {
  double squares = 0;
  for (const float r : residual) squares += static_cast<double>(r) * r;
  const double scale = 1 / std::sqrt(squares / static_cast<double>(residual.size()) + epsilon);
  std::vector<double> x(residual.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = residual[i] * scale * weight[i];
  for (std::size_t t = 0; t < unembedding.rows(); ++t)
    logits[t] = static_cast<float>(std::inner_product(x.begin(), x.end(), unembedding.row(t).begin(), 0.0));
}
