// Attends to what was in the cache before.
#include "exercise.h"

void decode_cached(std::span<const float> query, std::span<const float> key, std::span<const float> value,
                   std::size_t length, Matrix<float> keys, Matrix<float> values, std::span<float> z) {
  std::copy(key.begin(), key.end(), keys.row(length).begin());
  std::copy(value.begin(), value.end(), values.row(length).begin());
  std::vector<double> weights(length);
  for (std::size_t j = 0; j < length; ++j)
    weights[j] = std::inner_product(query.begin(), query.end(), keys.row(j).begin(), 0.0) / std::sqrt(query.size());
  if (weights.empty()) return;
  const double largest = *std::max_element(weights.begin(), weights.end());
  double total = 0;
  for (double& weight : weights) total += weight = std::exp(weight - largest);
  std::fill(z.begin(), z.end(), 0.0f);
  for (std::size_t j = 0; j < weights.size(); ++j)
    for (std::size_t i = 0; i < z.size(); ++i) z[i] += static_cast<float>(weights[j] / total * values(j, i));
}
