// Scores, entropy and rollout of attention patterns: closed forms on patterns made by hand, known heads of the model.
#include <algorithm>
#include <cmath>
#include <set>

#include "labs/model/analysis/patterns.h"
#include "labs/model/transformer.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

// One head whose query i looks at target(i) only.
template <class Target>
at::Tensor pointing(std::int64_t n, Target target) {
  at::Tensor pattern = at::zeros({1, n, n}, at::kDouble);
  for (std::int64_t i = 0; i < n; ++i) pattern[0][i][target(i)] = 1;
  return pattern;
}
at::Tensor uniform(std::int64_t n) {
  const at::Tensor past = at::ones({1, n, n}, at::kDouble).tril();
  return past / past.sum(-1, true);
}
double only(const at::Tensor& one) { return one.item<double>(); }

}  // namespace

TEST_CASE("A head that looks at one kind of token scores 1 for it", "[analysis]") {
  const std::vector<std::int64_t> ids = {8, 3, 5, 1, 8, 3, 5, 1};
  const HeadScores previous = head_scores(pointing(8, [](auto i) { return i > 0 ? i - 1 : 0; }), ids);
  CHECK(only(previous.previous) == 1);
  CHECK(only(previous.sink) == Approx(1.0 / 7));
  CHECK(only(previous.duplicate) == 0);
  CHECK(only(previous.induction) == 0);
  const HeadScores induction = head_scores(pointing(8, [](auto i) { return i >= 4 ? i - 3 : 0; }), ids);
  CHECK(only(induction.induction) == 1);
  CHECK(only(induction.sink) == Approx(3.0 / 7));
  const HeadScores duplicate = head_scores(pointing(8, [](auto i) { return i >= 4 ? i - 4 : 0; }), ids);
  CHECK(only(duplicate.duplicate) == 1);
  CHECK(only(duplicate.induction) == 0);
  const HeadScores sink = head_scores(pointing(8, [](auto) { return 0; }), ids);
  CHECK(only(sink.sink) == 1);
}

TEST_CASE("A head that looks everywhere scores by chance", "[analysis]") {
  // Query i gives 1 / (i + 1) to each key. Queries 4 to 7 have one earlier occurrence each.
  const std::vector<std::int64_t> ids = {8, 3, 5, 1, 8, 3, 5, 1};
  const HeadScores scores = head_scores(uniform(8), ids);
  const double later = (1.0 / 5 + 1.0 / 6 + 1.0 / 7 + 1.0 / 8) / 4;
  const double all = (4 * later + 1.0 / 2 + 1.0 / 3 + 1.0 / 4) / 7;
  CHECK(only(scores.induction) == Approx(later));
  CHECK(only(scores.duplicate) == Approx(later));
  CHECK(only(scores.previous) == Approx(all));
  CHECK(only(scores.sink) == Approx(all));
  // A token three times: its third occurrence finds two, and two followers.
  const HeadScores thrice = head_scores(uniform(6), std::vector<std::int64_t>{7, 1, 7, 2, 7, 3});
  CHECK(only(thrice.duplicate) == Approx((1.0 / 3 + 2.0 / 5) / 2));
  CHECK(only(thrice.induction) == Approx((1.0 / 3 + 2.0 / 5) / 2));
}

TEST_CASE("Where nothing can be scored the score is 0", "[analysis]") {
  const HeadScores one = head_scores(uniform(1), std::vector<std::int64_t>{4});
  CHECK(only(one.previous) == 0);
  CHECK(only(one.sink) == 0);
  const HeadScores new_tokens = head_scores(uniform(3), std::vector<std::int64_t>{4, 5, 6});
  CHECK(only(new_tokens.induction) == 0);
  CHECK(only(new_tokens.duplicate) == 0);
  // The same token twice in a row: what stands behind the first is the second, which looks at itself.
  CHECK(only(head_scores(uniform(2), std::vector<std::int64_t>{4, 4}).induction) == 0);
}

TEST_CASE("Entropy: a sure row has 0 bits, an even one log2 of its keys", "[analysis]") {
  const at::Tensor bits = pattern_entropy(uniform(8));
  CHECK(bits.sizes().vec() == std::vector<std::int64_t>{1, 8});
  for (int i = 0; i < 8; ++i) CHECK(bits[0][i].item<double>() == Approx(std::log2(i + 1.0)).margin(1e-12));
  CHECK(only(pattern_entropy(pointing(4, [](auto) { return 0; })).abs().max()) == 0);
  CHECK(only(pattern_entropy(at::tensor({0.5, 0.25, 0.25}, at::kDouble))) == Approx(1.5));
}

TEST_CASE("Rollout of two layers in closed form", "[analysis]") {
  // Two heads in layer 0 that average to [[1,0],[.5,.5]], one uniform layer: R0 = [[1,0],[.25,.75]], the same again.
  const at::Tensor a = at::tensor({1.0, 0.0, 1.0, 0.0}, at::kDouble).view({2, 2});
  const at::Tensor b = at::eye(2, at::kDouble);
  const at::Tensor even = at::tensor({1.0, 0.0, 0.5, 0.5}, at::kDouble).view({2, 2});
  const at::Tensor rolled = attention_rollout(at::stack({at::stack({a, b}), at::stack({even, even})}));
  CHECK(rolled.sizes().vec() == std::vector<std::int64_t>{2, 2, 2});
  CHECK(largest_difference(rolled[0], at::tensor({1.0, 0.0, 0.25, 0.75}, at::kDouble).view({2, 2})) < 1e-15);
  CHECK(largest_difference(rolled[1], at::tensor({1.0, 0.0, 0.4375, 0.5625}, at::kDouble).view({2, 2})) < 1e-15);
}

TEST_CASE("Every row of a rollout sums to 1", "[analysis]") {
  at::manual_seed(3);
  const at::Tensor patterns = at::randn({5, 3, 9, 9}, at::kDouble).masked_fill(
      at::ones({9, 9}, at::kBool).triu(1), -INFINITY).softmax(-1);
  const at::Tensor rolled = attention_rollout(patterns);
  CHECK(largest_difference(rolled.sum(-1), at::ones({5, 9}, at::kDouble)) < 1e-12);
  CHECK(only(rolled.triu(1).abs().max()) == 0);
}

TEST_CASE("Repeated random tokens", "[analysis]") {
  const auto ids = repeated_random_tokens(40, 64, 7);
  REQUIRE(ids);
  REQUIRE(ids->size() == 80);
  CHECK(std::equal(ids->begin(), ids->begin() + 40, ids->begin() + 40));
  CHECK(std::set<std::int64_t>(ids->begin(), ids->end()).size() == 40);
  CHECK((*std::min_element(ids->begin(), ids->end()) >= 0 && *std::max_element(ids->begin(), ids->end()) < 64));
  CHECK(*repeated_random_tokens(40, 64, 7) == *ids);
  CHECK(*repeated_random_tokens(40, 64, 8) != *ids);
  CHECK(repeated_random_tokens(64, 64, 1)->size() == 128);
  CHECK(repeated_random_tokens(65, 64, 1).error().code == "analysis.length");
  CHECK(repeated_random_tokens(0, 64, 1).error().code == "analysis.length");
}

TEST_CASE("The bundled model has the heads that a pilot in transformers found", "[analysis]") {
  // Pilot: induction 18.6 (.89), 17.3 (.65); previous token 16.0 (.90), 11.1 (.82); more than .3 on the first token in
  // 202 of 270 heads.
  Model& model = bundled_model();
  const Config& config = model.transformer().config();
  Context context(model);
  const auto probes = Probes::of(model, std::vector<std::string>{"blocks.*.attn.pattern"});
  REQUIRE(probes);
  const auto scores_of = [&](const std::vector<std::int64_t>& ids) {
    const auto report = context.run(ids, *probes, {}, {});
    if (!report) throw std::runtime_error(report.error().code);
    return head_scores(config, context).value();
  };
  const HeadScores repeated = scores_of(*repeated_random_tokens(50, config.vocabulary, 1));
  CHECK(repeated.induction.sizes().vec() == std::vector<std::int64_t>{30, 9});
  CHECK(repeated.induction.argmax().item<std::int64_t>() == 18 * 9 + 6);
  WARN("induction 18.6 " << only(repeated.induction[18][6]) << ", 17.3 " << only(repeated.induction[17][3])
       << "; previous token 16.0 " << only(repeated.previous[16][0]) << ", 11.1 " << only(repeated.previous[11][1])
       << "; heads with a sink above .3: " << repeated.sink.gt(0.3).sum().item<std::int64_t>() << " on random tokens");
  CHECK(only(repeated.induction[18][6]) > 0.8);
  CHECK(only(repeated.induction[17][3]) > 0.5);
  CHECK(only(repeated.induction.median()) < 0.05);
  CHECK(only(repeated.previous[16][0]) > 0.8);
  CHECK(only(repeated.previous[11][1]) > 0.7);

  const auto sinks = scores_of(store).sink.gt(0.3).sum().item<std::int64_t>();
  WARN("heads with a sink above .3 on a sentence: " << sinks);
  CHECK(sinks > 150);
  CHECK(sinks < 250);
}
