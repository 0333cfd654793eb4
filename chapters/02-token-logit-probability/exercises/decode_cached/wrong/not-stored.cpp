// Computes with the new key and value, and forgets them.
#include "exercise.h"

void decode_cached(std::span<const float> query, std::span<const float> key, std::span<const float> value,
                   std::size_t length, Matrix<float> keys, Matrix<float> values, std::span<float> z) {
  const auto product = [&](std::span<const float> k) {
    return std::inner_product(query.begin(), query.end(), k.begin(), 0.0) / std::sqrt(query.size());
  };
  std::vector<double> weights;
  for (std::size_t j = 0; j < length; ++j) weights.push_back(product(keys.row(j)));
  weights.push_back(product(key));
  const double largest = *std::max_element(weights.begin(), weights.end());
  double total = 0;
  for (double& weight : weights) total += weight = std::exp(weight - largest);
  for (std::size_t i = 0; i < z.size(); ++i) {
    double sum = weights[length] * value[i];
    for (std::size_t j = 0; j < length; ++j) sum += weights[j] * values(j, i);
    z[i] = static_cast<float>(sum / total);
  }
}
