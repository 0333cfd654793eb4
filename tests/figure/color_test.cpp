// The colours that carry meaning, as people see them whose eyes lack one kind of cone: Machado, Oliveira and Fernandes
// 2009, "A physiologically-based model for simulation of color vision deficiency", severity 1, on linear RGB. Distances
// are Ottosson's in OKLab, where the eye just sees 0.02.
#include "tests/catch.h"

#include <array>
#include <cmath>

#include "figure/figure.h"

using namespace tb::figure;

namespace {

using Triple = std::array<double, 3>;
using Matrix3 = std::array<Triple, 3>;

constexpr Matrix3 all_cones = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
constexpr Matrix3 protanopia = {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216},
                                 {-0.003882, -0.048116, 1.051998}}};
constexpr Matrix3 deuteranopia = {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413},
                                   {-0.011820, 0.042940, 0.968881}}};
constexpr Matrix3 tritanopia = {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602},
                                 {0.004733, 0.691367, 0.303900}}};

Triple times(const Matrix3& m, const Triple& v) {
  Triple result{};
  for (std::size_t i = 0; i < 3; ++i) result[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return result;
}

Triple oklab_as_seen(Color color, const Matrix3& eyes) {
  const auto linear = [](int byte) {
    const double v = byte / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  const Triple seen = times(eyes, {linear(color.r), linear(color.g), linear(color.b)});
  Triple cones = times({{{0.4122214708, 0.5363325363, 0.0514459929}, {0.2119034982, 0.6806995451, 0.1073969566},
                         {0.0883024619, 0.2817188376, 0.6299787005}}}, seen);
  for (double& x : cones) x = std::cbrt(x);
  return times({{{0.2104542553, 0.7936177850, -0.0040720468}, {1.9779984951, -2.4285922050, 0.4505937099},
                 {0.0259040371, 0.7827717662, -0.8086757660}}}, cones);
}

double distance(Color a, Color b, const Matrix3& eyes) {
  const Triple x = oklab_as_seen(a, eyes), y = oklab_as_seen(b, eyes);
  return std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

}  // namespace

TEST_CASE("colours that mean something differ for every eye") {
  for (const Theme theme : themes) {
    const Palette& p = palette(theme);
    for (const Matrix3& eyes : {all_cones, protanopia, deuteranopia, tritanopia}) {
      CAPTURE(static_cast<int>(theme), eyes[0][0]);
      CHECK(distance(p.ours, p.theirs, eyes) > 0.1);
      CHECK(distance(p.diverging.front(), p.diverging.back(), eyes) > 0.1);
      CHECK(distance(p.diverging[64], p.diverging[191], eyes) > 0.05);   // half as strong
      CHECK(distance(p.chip_a, p.chip_b, eyes) > 0.02);
      for (const Color color : {p.ours, p.theirs, p.accent, p.warn}) CHECK(distance(color, p.card, eyes) > 0.2);
    }
  }
}
