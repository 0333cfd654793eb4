// Exponentials of the scores as they are, in float.
#include "exercise.h"

void attention(Matrix<const float> queries, Matrix<const float> keys, Matrix<const float> values, Matrix<float> z) {
  for (std::size_t i = 0; i < queries.rows(); ++i) {
    std::vector<float> weights;
    float total = 0;
    for (std::size_t j = 0; j <= i; ++j) {
      const float score = std::inner_product(queries.row(i).begin(), queries.row(i).end(), keys.row(j).begin(), 0.0f);
      weights.push_back(std::exp(score / std::sqrt(static_cast<float>(queries.columns()))));
      total += weights.back();
    }
    for (std::size_t e = 0; e < z.columns(); ++e) {
      double sum = 0;
      for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] / total * values(j, e);
      z(i, e) = static_cast<float>(sum);
    }
  }
}
