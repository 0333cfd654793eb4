// The attention lab on the bundled model: closed forms, and the patterns that transformers computed from the same file.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/labs/lab_bench.h"
#include "tests/labs/transformers_record.h"

using namespace tb;
using namespace tb::testing;

TEST_CASE("attention: the pattern is causal, its rows sum to one, and it is transformers' own") {
  Bench bench("attention");
  const Snapshot s = bench.run({{"prompt", store_prompt}, {"layer", "7"}});
  const std::vector<double>& pattern = s.numbers("attention.pattern");
  const std::int64_t n = 14, heads = 9;
  REQUIRE(s.find("attention.pattern")->shape == std::vector<std::int64_t>{heads, n, n});
  for (std::int64_t row = 0; row < heads * n; ++row) {
    double sum = 0;
    for (std::int64_t key = 0; key < n; ++key) {
      const double weight = pattern[static_cast<std::size_t>(row * n + key)];
      if (key > row % n) CHECK(weight == 0);
      sum += weight;
    }
    CHECK(sum == Approx(1).margin(1e-5));
  }
  const std::vector<float> theirs = recorded("store/pattern.7");
  REQUIRE(theirs.size() == pattern.size());
  for (std::size_t i = 0; i < theirs.size(); ++i) CHECK(pattern[i] == Approx(theirs[i]).margin(1e-4));
}

TEST_CASE("attention: the row's numbers are the softmax of its scores and give the pattern") {
  Bench bench("attention");
  for (const char* without_sink : {"false", "true"}) {
    CAPTURE(without_sink);
    const Snapshot s = bench.run({{"prompt", store_prompt}, {"layer", "24"}, {"head", "4"}, {"query", "-2"},
                                  {"without-sink", without_sink}});
    const std::int64_t query = integer(s, "row.query");
    CHECK(query == 12);
    const bool drop = std::string(without_sink) == "true";
    double sum = 0;
    for (std::int64_t key = 0; key < 14; ++key) {
      const auto i = static_cast<std::size_t>(key);
      const bool hidden = key > query || (drop && key == 0);
      CHECK(std::isinf(s.numbers("row.masked")[i]) == hidden);
      if (!hidden) CHECK(s.numbers("row.masked")[i] == s.numbers("row.score")[i]);
      const double e = hidden ? 0 : std::exp(s.numbers("row.score")[i] - s.numbers("row.max")[0]);
      CHECK(s.numbers("row.exp")[i] == Approx(e).margin(1e-12));
      sum += e;
      const double weight = value_at(s, "attention.pattern[4,12," + std::to_string(key) + "]").value();
      CHECK(s.numbers("row.weight")[i] == Approx(weight).margin(1e-4));
    }
    CHECK(s.numbers("row.sum")[0] == Approx(sum));
  }
}

TEST_CASE("attention: without the sink every row is renormalised over the other keys") {
  Bench bench("attention");
  const Snapshot with = bench.run({{"prompt", store_prompt}, {"layer", "18"}});
  const Snapshot without = bench.run({{"prompt", store_prompt}, {"layer", "18"}, {"without-sink", "true"}});
  CHECK(without.tokens_computed == 0);
  const std::size_t n = 14;
  const auto& before = with.numbers("attention.pattern");
  const auto& after = without.numbers("attention.pattern");
  for (std::size_t row = 0; row < 9 * n; ++row) {
    const double rest = 1 - before[row * n];
    CHECK(after[row * n] == 0);
    double sum = 0;
    for (std::size_t key = 1; key < n; ++key) {
      sum += after[row * n + key];
      if (rest > 1e-3) CHECK(after[row * n + key] == Approx(before[row * n + key] / rest).margin(1e-3));
    }
    CHECK(sum == Approx(row % n == 0 ? 0 : 1).margin(1e-6));
  }
  CHECK(with.numbers("attention.sink") == without.numbers("attention.sink"));
  // The share is the mean of the first column below its first cell.
  double share = 0;
  for (std::size_t query = 1; query < n; ++query) share += before[query * n] / (n - 1);
  CHECK(with.numbers("attention.sink")[0] == Approx(share));
}

TEST_CASE("attention: another layer, head or row computes no token") {
  Bench bench("attention");
  CHECK(bench.run({{"prompt", store_prompt}}).tokens_computed == 14);
  for (const Texts& change : {Texts{{"layer", "0"}}, Texts{{"layer", "29"}, {"head", "8"}}, Texts{{"query", "3"}}}) {
    Texts texts = change;
    texts["prompt"] = store_prompt;
    CHECK(bench.run(texts).tokens_computed == 0);
  }
  // And the numbers do not depend on what was computed before: a fresh session gives the same row.
  bench.run({{"prompt", "When John and Mary went to the store"}});
  const Texts grown = {{"prompt", store_prompt}, {"layer", "24"}, {"query", "5"}};
  const Snapshot cached = bench.run(grown), fresh = Bench("attention").run(grown);
  CHECK(cached.tokens_reused == 8);
  for (std::size_t key = 0; key < 14; ++key)
    CHECK(cached.numbers("row.score")[key] == Approx(fresh.numbers("row.score")[key]).margin(1e-3));
}
