#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

struct Step {
  Floats weights, gradient, m, v;
  double step, rate, beta1, beta2, epsilon, decay;
};
struct After {
  Doubles weights, m, v, corrected;
};

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool uncorrected = false, exchanged = false, decay_in_gradient = false, decay_without_rate = false;
  bool epsilon_inside = false;
};

After adamw(const Step& s, Mistake mistake = {}) {
  const double early1 = mistake.uncorrected ? 1 : 1 - std::pow(s.beta1, s.step);
  const double early2 = mistake.uncorrected ? 1 : 1 - std::pow(s.beta2, s.step);
  const double keep1 = mistake.exchanged ? 1 - s.beta1 : s.beta1, keep2 = mistake.exchanged ? 1 - s.beta2 : s.beta2;
  After after;
  for (std::size_t i = 0; i < s.weights.size(); ++i) {
    double g = s.gradient[i], shrink = 1 - s.rate * s.decay;
    if (mistake.decay_in_gradient) {
      g += s.decay * s.weights[i];
      shrink = 1;
    }
    if (mistake.decay_without_rate) shrink = 1 - s.decay;
    const double m = keep1 * s.m[i] + (1 - keep1) * g, v = keep2 * s.v[i] + (1 - keep2) * g * g;
    const double size = mistake.epsilon_inside ? std::sqrt(v / early2 + s.epsilon) : std::sqrt(v / early2) + s.epsilon;
    after.weights.push_back(s.weights[i] * shrink - s.rate * m / early1 / size);
    after.m.push_back(m);
    after.v.push_back(v);
    after.corrected.push_back(m / early1);
  }
  return after;
}

void judge(Case& c, const Step& s) {
  auto weights = inout("weights", s.weights), m = inout("m", s.m), v = inout("v", s.v);
  c.call({weights, in("gradient", s.gradient), m, v, scalar("step", s.step), scalar("rate", s.rate),
          scalar("beta1", s.beta1), scalar("beta2", s.beta2), scalar("epsilon", s.epsilon), scalar("decay", s.decay)});
  const After after = adamw(s);
  c.expect(weights, after.weights, 1e-5);
  c.expect(m, after.m, 1e-5);
  c.expect(v, after.v, 1e-5);
  const auto gives = [&](Mistake mistake) { return near(weights, adamw(s, mistake).weights); };
  c.reason("unchanged", weights.values == s.weights);
  c.reason("uncorrected", gives({.uncorrected = true}));
  c.reason("corrected-stored", !near(m, after.m) && near(m, after.corrected));
  c.reason("betas-exchanged", gives({.exchanged = true}));
  c.reason("decay-in-gradient", gives({.decay_in_gradient = true}));
  c.reason("decay-without-rate", gives({.decay_without_rate = true}));
  c.reason("epsilon-inside", gives({.epsilon_inside = true}));
}

}  // namespace

// With both betas at 1/2 it is no matter which is which, and after 100,000 steps nothing is left to correct.
TB_CHECK(adamw_step) {
  const double late = 100000;
  check.add("first", [=](Case& c) {
    judge(c, {{1, 1}, {0.5f, -2}, {0, 0}, {0, 0}, 1, 0.1, 0.5, 0.5, 1e-8, 0});
    c.drawn([&](std::uint64_t seed) {
      judge(c, {numbers(2, seed), numbers(2, seed + 1, 0.5, 2), {0, 0}, {0, 0}, 1, 0.1, 0.5, 0.5, 1e-8, 0});
    });
  });
  check.add("moments", [=](Case& c) {
    judge(c, {{1, 1}, {1, -1}, {1, 0.5f}, {4, 1}, late, 0.1, 0.9, 0.999, 1e-8, 0});
  });
  check.add("decay", [=](Case& c) {
    judge(c, {{1, -2}, {0, 0}, {0, 0}, {0, 0}, late, 0.1, 0.9, 0.999, 1e-8, 0.5});
  });
  check.add("epsilon", [=](Case& c) { judge(c, {{1}, {1e-6f}, {1e-6f}, {1e-12f}, late, 0.1, 0.9, 0.999, 1e-6, 0}); });
}
