#include <algorithm>
#include <cmath>
#include <limits>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The definition in double precision, with the largest logit taken out of the sum and added again.
double log_sum_exp(const Floats& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (const float z : logits) total += std::exp(z - (largest == -infinity ? 0 : largest));
  return (largest == -infinity ? 0 : largest) + std::log(total);
}

void judge(Case& c, const Floats& logits) {
  auto got = returned("log_sum_exp");
  c.call({in("logits", logits), got});
  const double expected = log_sum_exp(logits), largest = *std::max_element(logits.begin(), logits.end());
  c.require("nothing-left", expected != -infinity || !std::isnan(got[0]));
  c.expect(got, Doubles{expected}, 1e-6);
  c.reason("shift-forgotten", near(got, Doubles{expected - largest}));
  c.reason("unwritten", got[0] == 0);
  c.reason("overflow", got[0] == infinity);
  c.reason("underflow", got[0] == -infinity);
  c.reason("largest-only", near(got, Doubles{largest}));
}

}  // namespace

// In `large` and `negative` the other logits are too far below the largest to count: only their handling is tried.
TB_CHECK(log_sum_exp) {
  check.add("three", [](Case& c) {
    judge(c, {1, 2, 3});
    c.drawn([&](std::uint64_t seed) { judge(c, numbers(5, seed, -2, 2)); });
  });
  check.add("large", [](Case& c) { judge(c, {1000, 0}); });
  check.add("negative", [](Case& c) { judge(c, {-1000, -1030}); });
  check.add("nothing", [](Case& c) { judge(c, Floats(3, -std::numeric_limits<float>::infinity())); });
}
