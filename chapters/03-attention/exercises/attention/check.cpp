#include <algorithm>
#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

constexpr std::size_t d_head = 4;

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool unscaled = false, root_of_rows = false, future = false, self_hidden = false, masked_after = false;
};

Doubles attention(const Floats& queries, const Floats& keys, const Floats& values, Mistake mistake = {}) {
  const std::size_t n = queries.size() / d_head;
  const double root = std::sqrt(static_cast<double>(mistake.root_of_rows ? n : d_head));
  Doubles z(n * d_head, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t seen = mistake.future ? n : mistake.self_hidden ? i : i + 1;
    Doubles weights;
    for (std::size_t j = 0; j < (mistake.masked_after ? n : seen); ++j) {
      double product = 0;
      for (std::size_t e = 0; e < d_head; ++e)
        product += static_cast<double>(queries[i * d_head + e]) * keys[j * d_head + e];
      weights.push_back(mistake.unscaled ? product : product / root);
    }
    const double largest = weights.empty() ? 0 : *std::max_element(weights.begin(), weights.end());
    double total = 0;
    for (double& weight : weights) total += weight = std::exp(weight - largest);
    for (std::size_t j = 0; j < seen; ++j)
      for (std::size_t e = 0; e < d_head; ++e) z[i * d_head + e] += weights[j] / total * values[j * d_head + e];
  }
  return z;
}

void judge(Case& c, const Floats& queries, const Floats& keys, const Floats& values) {
  const Shape shape{static_cast<std::int64_t>(queries.size() / d_head), d_head};
  auto z = out("z", shape);
  c.call({in("queries", queries, shape), in("keys", keys, shape), in("values", values, shape), z});
  const auto gives = [&](Mistake mistake) { return near(z, attention(queries, keys, values, mistake)); };
  c.expect(z, attention(queries, keys, values), 1e-5);
  c.reason("unscaled", gives({.unscaled = true}));
  c.reason("wrong-root", gives({.root_of_rows = true}));
  c.reason("future-seen", gives({.future = true}));
  // The first row has nothing to see then: whatever it is, the others are those of the mistake.
  const Floats later(z.values.begin() + d_head, z.values.end());
  const Doubles hidden = attention(queries, keys, values, {.self_hidden = true});
  c.reason("self-hidden", near(later, Doubles(hidden.begin() + d_head, hidden.end())));
  c.reason("masked-after", gives({.masked_after = true}));
  c.reason("overflow", !finite(z));
}

}  // namespace

// In `scores` and `large` no query has a use for the future: its scores are far below the best. So the mask is tried in
// `mask` alone, where the queries are zero and scores are no matter.
TB_CHECK(attention) {
  const Floats values{1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 1};
  check.add("scores", [=](Case& c) {
    const Floats queries{80, 0, 0, 0, 0, 80, 0, 0, 1, 0, -1, 2}, keys{1, 1, 0, 0, -1, 1, 1, 0, -1, -1, 1, 1};
    judge(c, queries, keys, values);
    c.drawn([&](std::uint64_t seed) { judge(c, queries, keys, numbers(12, seed, -2, 2)); });
  });
  check.add("mask", [=](Case& c) { judge(c, Floats(12, 0), {1, 1, 0, 0, -1, 1, 1, 0, -1, -1, 1, 1}, values); });
  check.add("large", [=](Case& c) {
    judge(c, {80, 0, 0, 0, 2000, 0, 0, 0, 2000, 0, 0, 0}, {1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0}, values);
  });
}
