#include <algorithm>
#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition: `push` times the direction is added to rows `from` to `to` - 1, in which `keep` of the stream stays.
Doubles steered(const Floats& residual, const Floats& direction, double push, std::size_t from, std::size_t to,
                double keep = 1) {
  Doubles result;
  for (std::size_t i = 0; i < residual.size(); ++i) {
    const std::size_t row = i / direction.size(), column = i % direction.size();
    const bool chosen = row >= from && row < to;
    result.push_back(chosen ? keep * residual[i] + push * direction[column] : residual[i]);
  }
  return result;
}

void judge(Case& c, const Floats& residual, const Floats& direction, double alpha, std::size_t first) {
  const std::size_t rows = residual.size() / direction.size();
  const Shape shape{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(direction.size())};
  auto got = out("steered", shape);
  c.call({in("residual", residual, shape), in("direction", direction), scalar("alpha", alpha),
          scalar("first", static_cast<double>(first)), got});
  double length = 0;
  for (const double d : direction) length += d * d;
  const double push = length > 0 ? alpha / std::sqrt(length) : 0;
  c.expect(got, steered(residual, direction, push, first, rows), 1e-5);
  c.reason("not-normalised", near(got, steered(residual, direction, alpha, first, rows)));
  c.reason("replaced", near(got, steered(residual, direction, push, first, rows, 0)));
  c.reason("everywhere", near(got, steered(residual, direction, push, 0, rows)));
  c.reason("one-row", near(got, steered(residual, direction, push, first, first + 1)));
  c.reason("off-by-one", near(got, steered(residual, direction, push, first + 1, rows)));
  c.reason("nothing-divided", !finite(got));
}

}  // namespace

// In `zero` the first row is before `first`, so that it is a number whatever happens to the others.
TB_CHECK(add_steering) {
  check.add("unit", [](Case& c) {
    judge(c, {1, 1}, {3, 4}, 10, 0);
    c.drawn([&](std::uint64_t seed) { judge(c, numbers(4, seed), numbers(4, seed + 1, 1, 3), 2, 0); });
  });
  check.add("positions", [](Case& c) { judge(c, {1, 2, 3, 4, 5, 6}, {1, 0}, -2, 1); });
  check.add("zero", [](Case& c) { judge(c, {1, 2, 3, 4}, {0, 0}, 5, 1); });
}
