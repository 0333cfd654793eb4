#include "labs/stats/regression.h"

#include <cmath>
#include <numeric>
#include <string>

#include "labs/stats/check.h"

namespace tb::stats {

namespace {

constexpr double nothing = 1e-12;   // what is left of a length after rounding, as a share of it

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

Result<Regression> regress(std::span<const double> y, const Columns& predictors) {
  const std::size_t rows = y.size(), columns = predictors.size() + 1;
  if (const auto valid = check_values(y, columns + 1, "y"); !valid) return tl::unexpected(valid.error());
  Columns q = {std::vector<double>(rows, 1.0)};
  for (std::size_t j = 0; j < predictors.size(); ++j) {
    const std::string where = "predictor[" + std::to_string(j) + "]";
    if (const auto valid = check_lengths(rows, predictors[j].size(), where); !valid)
      return tl::unexpected(valid.error());
    if (const auto valid = check_values(predictors[j], 0, where); !valid) return tl::unexpected(valid.error());
    q.push_back(predictors[j]);
  }

  // Gram and Schmidt, modified: each column becomes a direction at right angles to those before it; r holds how the
  // columns were put together, and y is taken apart along the same directions.
  Columns r(columns, std::vector<double>(columns, 0.0));
  std::vector<double> rest(y.begin(), y.end()), along(columns);
  double total = 0;
  for (std::size_t j = 0; j < columns; ++j) {
    const double length_before = std::sqrt(dot(q[j], q[j]));
    for (int pass = 0; pass < 2; ++pass)               // twice is enough for right angles to the last bits
      for (std::size_t i = 0; i < j; ++i) {
        const double part = dot(q[i], q[j]);
        r[i][j] += part;
        for (std::size_t row = 0; row < rows; ++row) q[j][row] -= part * q[i][row];
      }
    r[j][j] = std::sqrt(dot(q[j], q[j]));
    if (!(r[j][j] > nothing * length_before))
      return fail("stats.collinear", "predictor[" + std::to_string(j - 1) + "]");
    for (double& x : q[j]) x /= r[j][j];
    along[j] = dot(q[j], rest);
    for (std::size_t row = 0; row < rows; ++row) rest[row] -= along[j] * q[j][row];
    if (j == 0) total = dot(rest, rest);               // about the mean: the first column is the intercept
  }
  if (!(total > nothing * nothing * dot(y, y))) return fail("stats.constant", "y");

  Regression result;
  result.coefficients.assign(columns, 0.0);
  for (std::size_t j = columns; j-- > 0;) {
    double sum = along[j];
    for (std::size_t k = j + 1; k < columns; ++k) sum -= r[j][k] * result.coefficients[k];
    result.coefficients[j] = sum / r[j][j];
  }
  result.residual_squares = dot(rest, rest);
  result.r_squared = 1 - result.residual_squares / total;
  return result;
}

Result<double> partial_r_squared(std::span<const double> y, const Columns& others, const Columns& tested) {
  Columns both = others;
  both.insert(both.end(), tested.begin(), tested.end());
  const auto full = regress(y, both);
  if (!full) return tl::unexpected(full.error());
  const auto reduced = regress(y, others);
  if (!reduced) return tl::unexpected(reduced.error());
  if (!(reduced->residual_squares > nothing * nothing * dot(y, y))) return fail("stats.constant", "y");
  return 1 - full->residual_squares / reduced->residual_squares;
}

}  // namespace tb::stats
