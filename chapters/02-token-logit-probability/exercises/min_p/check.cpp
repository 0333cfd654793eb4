#include <algorithm>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// What is kept above a threshold. `strict`: what lies on it is not; `divide`: by the sum of what is kept.
Doubles kept_above(const Floats& probabilities, double threshold, bool strict = false, bool divide = true) {
  Doubles kept;
  double total = 0;
  for (const float p : probabilities) {
    kept.push_back(p > threshold || (p == threshold && !strict) ? p : 0);
    total += kept.back();
  }
  if (divide)
    for (double& p : kept) p /= total;
  return kept;
}

void judge(Case& c, const Floats& probabilities, double share) {
  auto kept = out("kept", {static_cast<std::int64_t>(probabilities.size())});
  c.call({in("probabilities", probabilities), scalar("share", share), kept});
  const double largest = *std::max_element(probabilities.begin(), probabilities.end());
  c.expect(kept, kept_above(probabilities, share * largest), 1e-6);
  c.reason("not-normalised", near(kept, kept_above(probabilities, share * largest, false, false)));
  c.reason("on-the-threshold", near(kept, kept_above(probabilities, share * largest, true)));
  c.reason("absolute", near(kept, kept_above(probabilities, share)));
  c.reason("difference", near(kept, kept_above(probabilities, largest - share)));
  c.reason("first-token", near(kept, kept_above(probabilities, share * probabilities[0])));
}

}  // namespace

TB_CHECK(min_p) {
  check.add("plain", [](Case& c) {
    judge(c, {0.4f, 0.3f, 0.2f, 0.1f}, 0.35);
    c.drawn([&](std::uint64_t seed) {
      const float more = numbers(1, seed, 0.01, 0.09)[0];
      judge(c, {0.4f + more, 0.3f, 0.2f, 0.1f - more}, 0.35);
    });
  });
  check.add("unsorted", [](Case& c) { judge(c, {0.1f, 0.6f, 0.3f}, 0.4); });
  check.add("exact", [](Case& c) { judge(c, {0.5f, 0.25f, 0.25f}, 0.5); });
}
