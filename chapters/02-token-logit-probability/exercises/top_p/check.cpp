#include <algorithm>
#include <cstddef>
#include <numeric>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool by_id = false, crossing_dropped = false, one_more = false, all_equal = false, unnormalised = false;
};

Doubles top_p(const Floats& probabilities, double p, Mistake mistake = {}) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!mistake.by_id)
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  // The fewest whose sum reaches p, at least one.
  std::size_t count = 0;
  for (double total = 0; count < order.size() && (count == 0 || total < p); ++count)
    total += probabilities[order[count]];
  if (mistake.crossing_dropped && count > 1) --count;
  if (mistake.one_more && count < order.size()) ++count;
  while (mistake.all_equal && count < order.size() && probabilities[order[count]] == probabilities[order[count - 1]])
    ++count;
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) total += probabilities[order[i]];
  Doubles kept(probabilities.size(), 0);
  for (std::size_t i = 0; i < count; ++i) kept[order[i]] = probabilities[order[i]] / (mistake.unnormalised ? 1 : total);
  return kept;
}

void judge(Case& c, const Floats& probabilities, double p) {
  auto kept = out("kept", {static_cast<std::int64_t>(probabilities.size())});
  c.call({in("probabilities", probabilities), scalar("p", p), kept});
  const auto gives = [&](Mistake mistake) { return near(kept, top_p(probabilities, p, mistake)); };
  c.expect(kept, top_p(probabilities, p), 1e-6);
  c.reason("nothing-kept", !finite(kept) || sum(kept) == 0);
  c.reason("not-normalised", gives({.unnormalised = true}));
  c.reason("not-sorted", gives({.by_id = true}));
  c.reason("crossing-dropped", gives({.crossing_dropped = true}));
  c.reason("ties", gives({.all_equal = true}));
  c.reason("one-too-many", gives({.one_more = true}));
}

}  // namespace

// Only in `crossing` does a token after the first carry the sum across, only in `exact` is it reached exactly.
TB_CHECK(top_p) {
  check.add("crossing", [](Case& c) {
    judge(c, {0.5f, 0.3f, 0.2f}, 0.7);
    c.drawn([&](std::uint64_t seed) {
      const float more = numbers(1, seed, 0.01, 0.09)[0];
      judge(c, {0.5f + more, 0.3f, 0.2f - more}, 0.7);
    });
  });
  check.add("unsorted", [](Case& c) { judge(c, {0.2f, 0.7f, 0.1f}, 0.5); });
  check.add("exact", [](Case& c) { judge(c, {0.5f, 0.25f, 0.125f, 0.125f}, 0.75); });
  check.add("ties", [](Case& c) { judge(c, {0.4f, 0.4f, 0.2f}, 0.3); });
  check.add("zero", [](Case& c) { judge(c, {0.5f, 0.3f, 0.2f}, 0); });
}
