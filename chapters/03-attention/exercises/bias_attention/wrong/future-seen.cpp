// The biased key is let through the mask.
#include "exercise.h"

void bias_attention(Matrix<const float> scores, std::size_t key, double bias, Matrix<float> pattern) {
  for (std::size_t i = 0; i < scores.rows(); ++i) {
    std::vector<double> row(scores.columns());
    for (std::size_t j = 0; j < row.size(); ++j)
      row[j] = j == key ? scores(i, j) + bias : j <= i ? scores(i, j) : -std::numeric_limits<double>::infinity();
    const double largest = *std::max_element(row.begin(), row.end());
    double total = 0;
    for (double& s : row) total += s = std::exp(s - largest);
    for (std::size_t j = 0; j < pattern.columns(); ++j) pattern(i, j) = static_cast<float>(row[j] / total);
  }
}
