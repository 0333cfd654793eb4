#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool no_norm = false, centred = false, unweighted = false, no_epsilon = false;
};

Doubles logit_lens(const Floats& residual, const Floats& weight, double epsilon, const Floats& unembedding,
                   Mistake mistake = {}) {
  const double d = static_cast<double>(residual.size());
  double mean = 0, squares = 0;
  if (mistake.centred)
    for (const double r : residual) mean += r / d;
  for (const double r : residual) squares += (r - mean) * (r - mean) / d;
  const double root = mistake.no_norm ? 1 : std::sqrt(squares + (mistake.no_epsilon ? 0 : epsilon));
  Doubles logits(unembedding.size() / residual.size(), 0);
  for (std::size_t t = 0; t < logits.size(); ++t)
    for (std::size_t i = 0; i < residual.size(); ++i)
      logits[t] += unembedding[t * residual.size() + i] * (residual[i] - mean) / root *
                   (mistake.unweighted || mistake.no_norm ? 1 : weight[i]);
  return logits;
}

void judge(Case& c, const Floats& residual, const Floats& weight, double epsilon) {
  const Floats unembedding{1, 0, 0, 1, 0, 2, 1, 0, 1, 1, -1, 0};
  auto logits = out("logits", {3});
  c.call({in("residual", residual), in("weight", weight), scalar("epsilon", epsilon),
          in("unembedding", unembedding, {3, 4}), logits});
  const auto gives = [&](Mistake mistake) {
    return near(logits, logit_lens(residual, weight, epsilon, unembedding, mistake), 1e-4);
  };
  c.expect(logits, logit_lens(residual, weight, epsilon, unembedding), 1e-4);
  c.reason("norm-missing", gives({.no_norm = true}));
  c.reason("mean-subtracted", gives({.centred = true}));
  c.reason("weight-ignored", gives({.unweighted = true}));
  c.reason("epsilon-missing", gives({.no_epsilon = true}));
}

}  // namespace

// After `scale` the mean is zero, so that LayerNorm does the same; and epsilon is nothing before `tiny`.
TB_CHECK(logit_lens) {
  check.add("scale", [](Case& c) {
    judge(c, {2, 4, -1, 3}, {1, 1, 1, 1}, 1e-6);
    c.drawn([&](std::uint64_t seed) { judge(c, numbers(4, seed, 1, 4), {1, 1, 1, 1}, 1e-6); });
  });
  check.add("weighted", [](Case& c) { judge(c, {1, -1, 2, -2}, {0.5f, 2, 1, 3}, 1e-6); });
  check.add("tiny", [](Case& c) { judge(c, {0.001f, -0.001f, 0.002f, -0.002f}, {1, 1, 1, 1}, 1e-5); });
}
