#include <algorithm>
#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

constexpr std::size_t d_head = 4;
struct Sizes {
  std::size_t queries, keys, heads, kv_heads;
};

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool interleaved = false, first_only = false, unscaled = false, future = false, cache_ignored = false;
};

Doubles attention(const Sizes& n, const Floats& queries, const Floats& keys, const Floats& values,
                  Mistake mistake = {}) {
  Doubles z(n.queries * n.heads * d_head, 0);
  for (std::size_t i = 0; i < n.queries; ++i)
    for (std::size_t h = 0; h < n.heads; ++h) {
      const std::size_t kv = mistake.first_only ? 0 : mistake.interleaved ? h % n.kv_heads : h * n.kv_heads / n.heads;
      const std::size_t place = mistake.cache_ignored ? i : i + n.keys - n.queries;
      const std::size_t seen = mistake.future ? n.keys : place + 1;
      const std::size_t row = (i * n.heads + h) * d_head;
      Doubles weights;
      for (std::size_t j = 0; j < seen; ++j) {
        double product = 0;
        for (std::size_t e = 0; e < d_head; ++e)
          product += static_cast<double>(queries[row + e]) * keys[(j * n.kv_heads + kv) * d_head + e];
        weights.push_back(mistake.unscaled ? product : product / std::sqrt(static_cast<double>(d_head)));
      }
      const double largest = *std::max_element(weights.begin(), weights.end());
      double total = 0;
      for (double& weight : weights) total += weight = std::exp(weight - largest);
      for (std::size_t j = 0; j < seen; ++j)
        for (std::size_t e = 0; e < d_head; ++e)
          z[row + e] += weights[j] / total * values[(j * n.kv_heads + kv) * d_head + e];
    }
  return z;
}

void judge(Case& c, const Sizes& n, const Floats& queries, const Floats& keys, const Floats& values) {
  const auto shape = [](std::size_t size, std::size_t rows) {
    return Shape{static_cast<std::int64_t>(size), static_cast<std::int64_t>(rows), d_head};
  };
  auto z = out("z", shape(n.queries, n.heads));
  c.call({in("queries", queries, shape(n.queries, n.heads)), in("keys", keys, shape(n.keys, n.kv_heads)),
          in("values", values, shape(n.keys, n.kv_heads)), z});
  const auto gives = [&](Mistake mistake) { return near(z, attention(n, queries, keys, values, mistake)); };
  c.expect(z, attention(n, queries, keys, values), 1e-5);
  c.reason("interleaved", gives({.interleaved = true}));
  c.reason("first-only", gives({.first_only = true}));
  c.reason("unscaled", gives({.unscaled = true}));
  c.reason("future-seen", gives({.future = true}));
  c.reason("cache-ignored", gives({.cache_ignored = true}));
}

}  // namespace

// One token gathers its own values, whatever the scores: `groups` tries which. In `scores` no query has a use for the
// future, and where queries are zero scores are no matter.
TB_CHECK(grouped_query_attention) {
  const Floats keys{1, 1, 0, 0, -1, 1, 1, 0, -1, -1, 1, 1}, values{1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 1};
  check.add("groups", [](Case& c) {
    judge(c, {1, 1, 6, 2}, Floats(24, 1), {1, 0, 0, 0, 0, 1, 0, 0}, {1, 2, 3, 4, 5, 6, 7, 8});
    c.drawn([&](std::uint64_t seed) {
      judge(c, {1, 1, 6, 2}, Floats(24, 1), {1, 0, 0, 0, 0, 1, 0, 0}, numbers(8, seed, 1, 8));
    });
  });
  check.add("scores", [=](Case& c) {
    const Floats queries{80, 0, 0, 0, 80, 0, 0, 0, 0, 80, 0, 0, 0, 80, 0, 0, 1, 0, -1, 2, 0, 2, 1, -1};
    judge(c, {3, 3, 2, 1}, queries, keys, values);
  });
  check.add("mask", [=](Case& c) { judge(c, {3, 3, 1, 1}, Floats(12, 0), keys, values); });
  check.add("continued", [=](Case& c) { judge(c, {1, 3, 1, 1}, Floats(4, 0), keys, values); });
}
