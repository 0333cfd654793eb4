#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool interleaved = false, backwards = false, plus = false, frequency = false, from_zero = false, by_head = false;
};

Doubles rope(const Floats& x, const Shape& shape, double first, double theta, Mistake mistake = {}) {
  const auto heads = static_cast<std::size_t>(shape[1]), d = static_cast<std::size_t>(shape[2]);
  Doubles y(x.size());
  for (std::size_t row = 0; row < x.size() / d; ++row)
    for (std::size_t e = 0; e < d / 2; ++e) {
      const double place = static_cast<double>(mistake.by_head ? row : row / heads) + (mistake.from_zero ? 0 : first);
      const double exponent = (mistake.frequency ? 1.0 : 2.0) * static_cast<double>(e) / static_cast<double>(d);
      const double angle = (mistake.backwards ? -place : place) * std::pow(theta, -exponent);
      const std::size_t a = row * d + (mistake.interleaved ? 2 * e : e), b = a + (mistake.interleaved ? 1 : d / 2);
      y[a] = x[a] * std::cos(angle) - x[b] * std::sin(angle) * (mistake.plus ? -1 : 1);
      y[b] = x[b] * std::cos(angle) + x[a] * std::sin(angle);
    }
  return y;
}

void judge(Case& c, const Floats& x, const Shape& shape, double first, double theta) {
  auto y = out("y", shape);
  c.call({in("x", x, shape), scalar("first", first), scalar("theta", theta), y});
  const auto gives = [&](Mistake mistake) { return near(y, rope(x, shape, first, theta, mistake)); };
  c.expect(y, rope(x, shape, first, theta), 1e-5);
  c.reason("interleaved", gives({.interleaved = true}));
  c.reason("backwards", gives({.backwards = true}));
  c.reason("minus-missing", gives({.plus = true}));
  c.reason("frequency", gives({.frequency = true}));
  c.reason("first-ignored", gives({.from_zero = true}));
  c.reason("head-angle", gives({.by_head = true}));
}

}  // namespace

// With a theta of 1 all pairs have one frequency; after `halves` the second number of each pair is 0, so that what is
// added to the first is no matter.
TB_CHECK(rope) {
  check.add("halves", [](Case& c) {
    judge(c, {1, 2, 3, 4, 1, 2, 3, 4}, {2, 1, 4}, 0, 1);
    c.drawn([&](std::uint64_t seed) { judge(c, numbers(8, seed, 1, 4), {2, 1, 4}, 0, 1); });
  });
  check.add("frequencies", [](Case& c) { judge(c, {1, 1, 0, 0, 1, 1, 0, 0}, {2, 1, 4}, 0, 100); });
  check.add("continued", [](Case& c) { judge(c, {1, 0}, {1, 1, 2}, 5, 1); });
  check.add("heads", [](Case& c) { judge(c, {1, 0, 1, 0, 1, 0, 1, 0}, {2, 2, 2}, 0, 1); });
}
