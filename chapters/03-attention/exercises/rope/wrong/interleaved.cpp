// Pairs neighbours, as the original paper does.
#include "exercise.h"

void rope(Cube<const float> x, std::size_t first, double theta, Cube<float> y) {
  const std::size_t half = x.columns() / 2;
  for (std::size_t p = 0; p < x.size(); ++p)
    for (std::size_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(first + p) * std::pow(theta, -static_cast<double>(i) / half);
      const double cosine = std::cos(angle), sine = std::sin(angle);
      for (std::size_t h = 0; h < x.rows(); ++h) {
        y(p, h, 2 * i) = static_cast<float>(x(p, h, 2 * i) * cosine - x(p, h, 2 * i + 1) * sine);
        y(p, h, 2 * i + 1) = static_cast<float>(x(p, h, 2 * i + 1) * cosine + x(p, h, 2 * i) * sine);
      }
    }
}
