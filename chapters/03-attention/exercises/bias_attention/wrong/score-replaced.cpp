// Sets the score.
#include "exercise.h"

void bias_attention(Matrix<const float> scores, std::size_t key, double bias, Matrix<float> pattern) {
  for (std::size_t i = 0; i < scores.rows(); ++i) {
    std::vector<double> row(scores.row(i).begin(), scores.row(i).begin() + static_cast<std::ptrdiff_t>(i) + 1);
    if (key <= i) row[key] = bias;
    const double largest = *std::max_element(row.begin(), row.end());
    double total = 0;
    for (double& s : row) total += s = std::exp(s - largest);
    row.resize(pattern.columns(), 0);
    for (std::size_t j = 0; j < pattern.columns(); ++j) pattern(i, j) = static_cast<float>(row[j] / total);
  }
}
