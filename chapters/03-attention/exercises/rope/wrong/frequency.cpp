// The frequencies fall half as fast.
#include "exercise.h"

void rope(Cube<const float> x, std::size_t first, double theta, Cube<float> y) {
  const std::size_t half = x.columns() / 2;
  for (std::size_t p = 0; p < x.size(); ++p)
    for (std::size_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(first + p) * std::pow(theta, -static_cast<double>(i) / x.columns());
      const double cosine = std::cos(angle), sine = std::sin(angle);
      for (std::size_t h = 0; h < x.rows(); ++h) {
        y(p, h, i) = static_cast<float>(x(p, h, i) * cosine - x(p, h, i + half) * sine);
        y(p, h, i + half) = static_cast<float>(x(p, h, i + half) * cosine + x(p, h, i) * sine);
      }
    }
}
