#include <algorithm>
#include <cmath>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition in double precision: exp(x_i) / sum of exp(x_j), with the largest logit taken out of both.
Doubles softmax(const Floats& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  Doubles p;
  for (const float x : logits) p.push_back(std::exp(x - largest));
  double total = 0;
  for (const double value : p) total += value;
  for (double& value : p) value /= total;
  return p;
}

void judge(Case& c, const Floats& logits) {
  auto got = out("probabilities", {static_cast<std::int64_t>(logits.size())});
  c.call({in("logits", logits), got});
  c.expect(got, softmax(logits), 1e-6);
  c.reason("underflow", !finite(got) && logits[0] < 0);
  c.reason("overflow", !finite(got));
  c.reason("not-normalised", std::abs(sum(got) - 1) > 1e-3);
  c.reason("not-exponential", std::abs(sum(got) - 1) <= 1e-3);
}

}  // namespace

// Each case but the first tries one thing only: its logits are such that any base of the power gives the same.
TB_CHECK(softmax) {
  check.add("three", [](Case& c) {
    judge(c, {1, 2, 3});
    c.drawn([&](std::uint64_t seed) { judge(c, numbers(5, seed, -4, 4)); });
  });
  check.add("large", [](Case& c) { judge(c, {1000, 0}); });
  check.add("negative", [](Case& c) { judge(c, {-1000, -1000}); });
}
