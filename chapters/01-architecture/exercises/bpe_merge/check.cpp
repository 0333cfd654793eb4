#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// The definition, one merge after another, and what comes out where a rule of it is not kept.
enum class Mistake { none, rank_ignored, rightmost, once, stale };

Ints bpe_merge(const Ints& tokens, const Ints& merges, Mistake mistake = Mistake::none) {
  struct Part {
    std::int32_t token;
    bool fresh;   // made in this round
  };
  const std::size_t ranks = merges.size() / 3;
  std::vector<Part> parts;
  for (const std::int32_t token : tokens) parts.push_back({token, false});
  std::vector<bool> used(ranks, false);
  while (true) {
    std::size_t best = ranks, place = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      if (mistake == Mistake::stale && (parts[i].fresh || parts[i + 1].fresh)) continue;
      for (std::size_t rank = 0; rank < ranks; ++rank) {
        if (merges[3 * rank] != parts[i].token || merges[3 * rank + 1] != parts[i + 1].token) continue;
        if (mistake == Mistake::once && used[rank]) continue;
        const bool first = best == ranks;
        if (first || (mistake != Mistake::rank_ignored && rank < best) ||
            (mistake == Mistake::rightmost && rank == best)) {
          best = rank;
          place = i;
        }
      }
    }
    if (best == ranks) break;
    used[best] = true;
    parts[place] = {merges[3 * best + 2], true};
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  Ints merged(tokens.size(), -1);
  for (std::size_t i = 0; i < parts.size(); ++i) merged[i] = parts[i].token;
  return merged;
}

void judge(Case& c, const Ints& tokens, const Ints& merges) {
  auto merged = out<std::int32_t>("merged", {static_cast<std::int64_t>(tokens.size())});
  c.call({in("tokens", tokens), in("merges", merges, {static_cast<std::int64_t>(merges.size() / 3), 3}), merged});
  const auto gives = [&](Mistake mistake) { return merged.values == bpe_merge(tokens, merges, mistake); };
  c.expect(merged, bpe_merge(tokens, merges));
  c.reason("rank-ignored", gives(Mistake::rank_ignored));
  c.reason("rightmost", gives(Mistake::rightmost));
  c.reason("once", gives(Mistake::once));
  c.reason("stale", gives(Mistake::stale));
}

}  // namespace

TB_CHECK(bpe_merge) {
  check.add("rank", [](Case& c) {
    judge(c, {1, 2, 3}, {2, 3, 5, 1, 2, 4});
    c.drawn([&](std::uint64_t seed) {            // the same with other ids
      const auto n = static_cast<std::int32_t>(10 + seed % 1000);
      judge(c, {n + 1, n + 2, n + 3}, {n + 2, n + 3, n + 5, n + 1, n + 2, n + 4});
    });
  });
  check.add("overlap", [](Case& c) { judge(c, {7, 7, 7}, {7, 7, 8}); });
  check.add("everywhere", [](Case& c) { judge(c, {1, 2, 9, 1, 2}, {1, 2, 4}); });
  check.add("again", [](Case& c) { judge(c, {8, 1, 2, 3, 9}, {1, 2, 4, 4, 3, 5, 8, 5, 7, 3, 9, 6}); });
}
