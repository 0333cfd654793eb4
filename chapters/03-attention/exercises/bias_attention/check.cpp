#include <algorithm>
#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool unbiased = false, replaced = false, future = false;
};

Doubles biased(const Floats& scores, std::size_t key, double bias, Mistake mistake = {}) {
  const auto n = static_cast<std::size_t>(std::sqrt(static_cast<double>(scores.size())));
  Doubles pattern(scores.size(), 0);
  for (std::size_t i = 0; i < n; ++i) {
    double *row = &pattern[i * n], total = 0;
    const auto seen = [&](std::size_t j) { return j <= i || (mistake.future && j == key); };
    for (std::size_t j = 0; j < n; ++j)
      row[j] = (j == key && mistake.replaced ? 0 : scores[i * n + j]) + (j == key && !mistake.unbiased ? bias : 0);
    double largest = row[0];
    for (std::size_t j = 0; j < n; ++j)
      if (seen(j)) largest = std::max(largest, row[j]);
    for (std::size_t j = 0; j < n; ++j) total += row[j] = seen(j) ? std::exp(row[j] - largest) : 0;
    for (std::size_t j = 0; j < n; ++j) row[j] /= total;
  }
  return pattern;
}

void judge(Case& c, const Floats& scores, std::size_t key, double bias) {
  const Shape shape{3, 3};
  auto pattern = out("pattern", shape);
  c.call({in("scores", scores, shape), scalar("key", static_cast<double>(key)), scalar("bias", bias), pattern});
  c.expect(pattern, biased(scores, key, bias), 1e-5);
  // Also where it is added to a whole row: softmax takes it away again.
  c.reason("unbiased", near(pattern, biased(scores, key, bias, {.unbiased = true})));
  c.reason("score-replaced", near(pattern, biased(scores, key, bias, {.replaced = true})));
  c.reason("future-seen", near(pattern, biased(scores, key, bias, {.future = true})));
  c.reason("overflow", !finite(pattern));
  for (std::size_t i = 0; i < 3; ++i)
    c.reason("not-normalised", std::abs(pattern[3 * i] + pattern[3 * i + 1] + pattern[3 * i + 2] - 1) > 1e-3);
}

}  // namespace

// In `future` and `large` the bias outweighs all else: how large the score of its own was is no matter.
TB_CHECK(bias_attention) {
  const Floats scores{1, 0, 0, 1, 2, 0, 2, 1, 1};
  check.add("odds", [=](Case& c) {
    judge(c, scores, 0, 1);
    c.drawn([&](std::uint64_t seed) { judge(c, numbers(9, seed, 0, 2), 0, 1); });
  });
  check.add("future", [=](Case& c) { judge(c, scores, 2, 30); });
  check.add("large", [=](Case& c) { judge(c, scores, 0, 1000); });
}
