#include <cmath>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition, with the parts that are easily mistaken as switches: the mistakes are recognised by their results.
struct Mistake {
  bool sum = false, centred = false, unweighted = false, no_epsilon = false, epsilon_outside = false;
};

Doubles rms_norm(const Floats& x, const Floats& weight, double epsilon, Mistake mistake = {}) {
  const double n = static_cast<double>(x.size());
  double mean = 0, squares = 0;
  if (mistake.centred)
    for (const double value : x) mean += value / n;
  for (const double value : x) squares += (value - mean) * (value - mean);
  if (!mistake.sum) squares /= n;
  const double inside = mistake.no_epsilon || mistake.epsilon_outside ? 0 : epsilon;
  const double root = std::sqrt(squares + inside) + (mistake.epsilon_outside ? epsilon : 0);
  Doubles y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back((x[i] - mean) / root * (mistake.unweighted ? 1 : weight[i]));
  return y;
}

void judge(Case& c, const Floats& x, const Floats& weight, double epsilon) {
  auto y = out("y", {static_cast<std::int64_t>(x.size())});
  c.call({in("x", x), in("weight", weight), scalar("epsilon", epsilon), y});
  c.expect(y, rms_norm(x, weight, epsilon), 1e-4);
  c.reason("sum-not-mean", near(y, rms_norm(x, weight, epsilon, {.sum = true}), 1e-4));
  c.reason("mean-subtracted", near(y, rms_norm(x, weight, epsilon, {.centred = true}), 1e-4));
  c.reason("weight-ignored", near(y, rms_norm(x, weight, epsilon, {.unweighted = true}), 1e-4));
  c.reason("epsilon-missing", near(y, rms_norm(x, weight, epsilon, {.no_epsilon = true}), 1e-4));
  c.reason("epsilon-outside", near(y, rms_norm(x, weight, epsilon, {.epsilon_outside = true}), 1e-4));
}

}  // namespace

// The mean of `weighted` and `tiny` is zero and epsilon is nothing beside `plain` and `weighted`, so that each tries one
// thing only.
TB_CHECK(rms_norm) {
  check.add("plain", [](Case& c) {
    judge(c, {1, 2, 3, 4}, {1, 1, 1, 1}, 1e-6);
    c.drawn([&](std::uint64_t seed) { judge(c, numbers(6, seed, 1, 4), {1, 1, 1, 1, 1, 1}, 1e-6); });
  });
  check.add("weighted", [](Case& c) { judge(c, {1, -1, 2, -2}, {0.5f, 2, 1, 3}, 1e-6); });
  check.add("tiny", [](Case& c) { judge(c, {0.001f, -0.001f, 0.002f, -0.002f}, {1, 1, 1, 1}, 1e-5); });
}
