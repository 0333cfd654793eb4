#include <algorithm>
#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool no_target = false, favourite = false, sum = false, all_counted = false, all_learned = false;
  double sign = 1;
};

Doubles gradient(const Floats& logits, const Ints& targets, Mistake mistake = {}) {
  const std::size_t n = targets.size(), vocabulary = logits.size() / n;
  double counted = static_cast<double>(n - std::count(targets.begin(), targets.end(), -100));
  if (mistake.sum) counted = 1;
  if (mistake.all_counted) counted = static_cast<double>(n);
  Doubles result;
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * vocabulary);
    const auto favourite = std::max_element(row, row + static_cast<std::ptrdiff_t>(vocabulary));
    const double largest = *favourite;
    double total = 0;
    for (std::size_t j = 0; j < vocabulary; ++j) total += std::exp(row[j] - largest);
    for (std::size_t j = 0; j < vocabulary; ++j) {
      const auto target = mistake.favourite ? favourite - row : targets[i];
      const double y = !mistake.no_target && static_cast<std::ptrdiff_t>(j) == target ? 1 : 0;
      const double slope = mistake.sign * (std::exp(row[j] - largest) / total - y) / counted;
      result.push_back(targets[i] == -100 && !mistake.all_learned ? 0 : slope);
    }
  }
  return result;
}

void judge(Case& c, const Floats& logits, const Ints& targets) {
  const auto n = static_cast<std::int64_t>(targets.size());
  const Shape shape{n, static_cast<std::int64_t>(logits.size()) / n};
  auto got = out("gradient", shape);
  c.call({in("logits", logits, shape), in("targets", targets), got});
  const auto gives = [&](Mistake mistake) { return near(got, gradient(logits, targets, mistake)); };
  c.expect(got, gradient(logits, targets), 1e-6);
  c.reason("target-missing", gives({.no_target = true}));
  c.reason("wrong-place", gives({.favourite = true}));
  c.reason("backwards", gives({.sign = -1}));
  c.reason("sum-not-mean", gives({.sum = true}));
  c.reason("ignored-counted", gives({.all_counted = true}));
  c.reason("ignored-learned", gives({.all_learned = true}));
  c.reason("overflow", !finite(got));
}

}  // namespace

// After `one` the target is the token that the model expects, and only in `mean` is n not 1.
TB_CHECK(cross_entropy_gradient) {
  check.add("one", [](Case& c) {
    judge(c, {1, 2, 3}, {0});
    c.drawn([&](std::uint64_t seed) { judge(c, numbers(5, seed, -3, 3), {static_cast<std::int32_t>(seed % 5)}); });
  });
  check.add("mean", [](Case& c) { judge(c, {2, 0, 0, 2}, {0, 1}); });
  check.add("ignored", [](Case& c) { judge(c, {2, 0, 0, 2}, {0, -100}); });
  check.add("large", [](Case& c) { judge(c, {1000, 0}, {0}); });
}
