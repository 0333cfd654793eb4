// The colours of the themes. The ramps are straight lines in OKLab (Ottosson 2020, "A perceptual color space for image
// processing"), so that equal steps of a value are equal steps to the eye.
#include <algorithm>
#include <array>
#include <cmath>

#include "figure/figure.h"

namespace tb::figure {
namespace {

struct Lab3 { double L, a, b; };

double to_linear(double channel) {
  return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}
double to_gamma(double channel) {
  return channel <= 0.0031308 ? channel * 12.92 : 1.055 * std::pow(channel, 1 / 2.4) - 0.055;
}

Lab3 to_oklab(Color color) {
  const double r = to_linear(color.r / 255.0), g = to_linear(color.g / 255.0), b = to_linear(color.b / 255.0);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

Color from_oklab(Lab3 lab) {
  const double l = std::pow(lab.L + 0.3963377774 * lab.a + 0.2158037573 * lab.b, 3);
  const double m = std::pow(lab.L - 0.1055613458 * lab.a - 0.0638541728 * lab.b, 3);
  const double s = std::pow(lab.L - 0.0894841775 * lab.a - 1.2914855480 * lab.b, 3);
  const auto byte = [](double linear) {
    return static_cast<std::uint8_t>(std::lround(255 * to_gamma(std::clamp(linear, 0.0, 1.0))));
  };
  return {byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

// `count` colours from a to b, both ends included.
std::vector<Color> line(Color a, Color b, int count) {
  const Lab3 from = to_oklab(a), to = to_oklab(b);
  std::vector<Color> colors;
  for (int i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / (count - 1);
    colors.push_back(from_oklab({from.L + t * (to.L - from.L), from.a + t * (to.a - from.a),
                                 from.b + t * (to.b - from.b)}));
  }
  return colors;
}

constexpr Color hex(std::uint32_t rgb) {
  return {static_cast<std::uint8_t>(rgb >> 16), static_cast<std::uint8_t>(rgb >> 8), static_cast<std::uint8_t>(rgb)};
}

// `full`: the far end of the sequential ramp; `below` and `above`: the ends of the diverging one.
Palette complete(Palette colors, Color full, Color below, Color above) {
  colors.sequential = line(colors.paper, full, 256);
  colors.diverging = line(below, colors.paper, 128);
  const std::vector<Color> right = line(colors.paper, above, 128);
  colors.diverging.insert(colors.diverging.end(), right.begin(), right.end());
  return colors;
}

Palette light() {
  return complete({.paper = hex(0xFBFAF7), .ink = hex(0x1F2328), .muted = hex(0x656B75), .rule = hex(0xE3E0D8),
                   .accent = hex(0x2457C5), .card = hex(0xFFFFFF), .chip_a = hex(0xE4ECFA), .chip_b = hex(0xF4EBDA),
                   .ours = hex(0x2457C5), .theirs = hex(0xBF5A0A), .warn = hex(0xB3261E)},
                  hex(0x12389A), hex(0x1B4FC0), hex(0xB8560A));
}
Palette dark() {
  return complete({.paper = hex(0x16181D), .ink = hex(0xE6E4DE), .muted = hex(0x9AA0AA), .rule = hex(0x2A2E36),
                   .accent = hex(0x7AA2FF), .card = hex(0x1C1F26), .chip_a = hex(0x27344F), .chip_b = hex(0x3B3327),
                   .ours = hex(0x7AA2FF), .theirs = hex(0xF0A45D), .warn = hex(0xFF8A7A)},
                  hex(0x9DBEFF), hex(0x7AA2FF), hex(0xF0A45D));
}
Palette sepia() {
  return complete({.paper = hex(0xF4ECD8), .ink = hex(0x33291C), .muted = hex(0x6B5B43), .rule = hex(0xDDD0B3),
                   .accent = hex(0x275A96), .card = hex(0xFAF4E6), .chip_a = hex(0xDFE3DC), .chip_b = hex(0xEFDCB8),
                   .ours = hex(0x275A96), .theirs = hex(0xA8500A), .warn = hex(0xA32A1C)},
                  hex(0x163E78), hex(0x275A96), hex(0xA8500A));
}
Palette contrast() {
  return complete({.paper = hex(0xFFFFFF), .ink = hex(0x000000), .muted = hex(0x3A3A3A), .rule = hex(0x8A8A8A),
                   .accent = hex(0x0033CC), .card = hex(0xFFFFFF), .chip_a = hex(0xD3E1FF), .chip_b = hex(0xFFE6BF),
                   .ours = hex(0x0033CC), .theirs = hex(0xA84300), .warn = hex(0xB00000)},
                  hex(0x001E80), hex(0x0033CC), hex(0xA84300));
}

}  // namespace

const Palette& palette(Theme theme) {
  static const std::array<Palette, 4> palettes = {light(), dark(), sepia(), contrast()};
  return palettes[static_cast<std::size_t>(theme)];
}

Color ramp(const std::vector<Color>& colors, double unit) {
  if (!(unit > 0)) unit = 0;   // also NaN
  const double last = static_cast<double>(colors.size() - 1);
  return colors[static_cast<std::size_t>(std::lround(std::min(unit, 1.0) * last))];
}

}  // namespace tb::figure
