// Softmax over all keys; then the future's weights are left out.
#include "exercise.h"

void attention(Matrix<const float> queries, Matrix<const float> keys, Matrix<const float> values, Matrix<float> z) {
  for (std::size_t i = 0; i < queries.rows(); ++i) {
    std::vector<double> weights;
    for (std::size_t j = 0; j < keys.rows(); ++j)
      weights.push_back(std::inner_product(queries.row(i).begin(), queries.row(i).end(), keys.row(j).begin(), 0.0) /
                        std::sqrt(queries.columns()));
    const double largest = *std::max_element(weights.begin(), weights.end());
    double total = 0;
    for (double& weight : weights) total += weight = std::exp(weight - largest);
    weights.resize(i + 1);
    for (std::size_t e = 0; e < z.columns(); ++e) {
      double sum = 0;
      for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] / total * values(j, e);
      z(i, e) = static_cast<float>(sum);
    }
  }
}
