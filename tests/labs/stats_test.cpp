// Statistics against scipy and statsmodels (recorded by tests/reference/stats/record.py), and against what the formulas
// say where the answer is known.
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

#include <nlohmann/json.hpp>

#include "labs/stats/bootstrap.h"
#include "labs/stats/correlation.h"
#include "labs/stats/intervals.h"
#include "labs/stats/regression.h"
#include "labs/stats/tests.h"
#include "tests/catch.h"

using namespace tb;
using namespace tb::stats;

namespace {

const nlohmann::json& reference() {
  static const auto loaded = nlohmann::json::parse(std::ifstream("tests/reference/stats/stats.json"));
  return loaded;
}

std::vector<double> numbers(const nlohmann::json& json) { return json.get<std::vector<double>>(); }

// Equal to a relative error, or to the same absolute one near 0.
bool close(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}
// For p-values, which may be tiny: their digits count.
bool same_p(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance * std::abs(b) + 1e-300; }

template <class T>
std::string code(const Result<T>& result) {
  return result ? "none" : result.error().code;
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("Wilson's interval is scipy's", "[stats]") {
  for (const auto& recorded : reference()["wilson"]) {
    INFO(recorded.dump());
    const auto interval = wilson(recorded["successes"], recorded["count"], recorded["confidence"]);
    REQUIRE(interval);
    CHECK(close(interval->low, recorded["low"], 1e-12));
    CHECK(close(interval->high, recorded["high"], 1e-12));
  }
  // What the book plans with: 400 items settle a share to about 4.9 points.
  const auto planned = wilson(200, 400);
  REQUIRE(planned);
  CHECK(planned->high - 0.5 == Approx(0.049).margin(0.0005));
}

TEST_CASE("Wilson's interval refuses what is no share", "[stats]") {
  CHECK(code(wilson(0, 0)) == "stats.few");
  CHECK(code(wilson(1, -3)) == "stats.few");
  CHECK(code(wilson(-1, 5)) == "stats.count");
  CHECK(code(wilson(6, 5)) == "stats.count");
  for (const double confidence : {0.0, 1.0, -0.5, 95.0, not_a_number})
    CHECK(code(wilson(1, 2, confidence)) == "stats.confidence");
}

TEST_CASE("McNemar's test is statsmodels', its mid-p the definition", "[stats]") {
  for (const auto& recorded : reference()["paired"]) {
    INFO(recorded.dump());
    const PairedCounts counts{recorded["only_first"], recorded["only_second"], recorded["count"]};
    const auto test = mcnemar(counts);
    REQUIRE(test);
    CHECK(same_p(test->exact, recorded["exact"], 1e-9));
    CHECK(same_p(test->mid, recorded["mid"], 1e-9));
    const auto swapped = mcnemar({counts.only_second, counts.only_first, counts.count});
    CHECK(swapped->exact == test->exact);
  }
}

TEST_CASE("Tango's interval is the one of the likelihood maximised by scipy", "[stats]") {
  for (const auto& recorded : reference()["paired"]) {
    INFO(recorded.dump());
    const PairedCounts counts{recorded["only_first"], recorded["only_second"], recorded["count"]};
    const auto interval = paired_difference(counts, recorded["confidence"]);
    REQUIRE(interval);
    CHECK(close(interval->low, recorded["low"], 2e-8));
    CHECK(close(interval->high, recorded["high"], 2e-8));
    // The other way round everything changes sign.
    const auto swapped = paired_difference({counts.only_second, counts.only_first, counts.count},
                                           recorded["confidence"]);
    CHECK(close(swapped->low, -interval->high, 1e-12));
    CHECK(close(swapped->high, -interval->low, 1e-12));
    if (recorded.contains("equivalence"))
      for (const auto& margin : recorded["equivalence"]) {
        const auto found = equivalence(counts, margin["margin"].get<double>());
        REQUIRE(found);
        CHECK(close(found->p, margin["p"], 1e-7));
        // The test and the interval are one statement.
        const bool inside = found->interval.low > -margin["margin"].get<double>() &&
                            found->interval.high < margin["margin"].get<double>();
        CHECK((found->p < 0.05) == inside);
      }
  }
}

TEST_CASE("The score of no difference is McNemar's", "[stats]") {
  CHECK(paired_score({25, 2, 102}, 0) == Approx(23 / std::sqrt(27.0)));
  CHECK(paired_score({1, 7, 21}, 0) == Approx(-6 / std::sqrt(8.0)));
  // Where no item differs, the score of a difference d is -sqrt(n d / (1 - d)) by hand.
  CHECK(paired_score({0, 0, 50}, 0.2) == Approx(-std::sqrt(50 * 0.2 / 0.8)));
}

TEST_CASE("Paired counts that do not fit together are refused", "[stats]") {
  CHECK(code(mcnemar({0, 0, 0})) == "stats.few");
  CHECK(code(mcnemar({-1, 0, 5})) == "stats.count");
  CHECK(code(mcnemar({3, 3, 5})) == "stats.count");
  CHECK(code(paired_difference({0, 6, 5})) == "stats.count");
  CHECK(code(mcnemar({std::numeric_limits<std::int64_t>::max(), 2, std::numeric_limits<std::int64_t>::max()})) ==
        "stats.count");
  CHECK(code(paired_difference({1, 2, 10}, 1.0)) == "stats.confidence");
  CHECK(code(equivalence(PairedCounts{1, 2, 10}, 0.0)) == "stats.margin");
  CHECK(code(equivalence(PairedCounts{1, 2, 10}, 1.0)) == "stats.margin");
  CHECK(code(equivalence(PairedCounts{1, 2, 10}, not_a_number)) == "stats.margin");
  CHECK(code(equivalence(PairedCounts{1, 2, 10}, 0.03, 0.5)) == "stats.level");
}

TEST_CASE("Sign flips over all patterns are scipy's permutation test", "[stats]") {
  for (const auto& recorded : reference()["sign_flip"]) {
    INFO(recorded.dump());
    const auto differences = numbers(recorded["differences"]);
    const auto test = sign_flip(differences);
    REQUIRE(test);
    CHECK(test->exact);
    CHECK(test->patterns == std::int64_t{1} << differences.size());
    CHECK(test->p == recorded["p"].get<double>());   // a count over a power of two
  }
  // Five differences of one sign cannot be rarer than 2 patterns in 32.
  CHECK(sign_flip(std::array{1.0, 2.0, 3.0, 4.0, 5.0})->p == 0.0625);
  // Sums that are equal but for rounding are equally far: 0.1 + 0.2 - 0.3.
  CHECK(sign_flip(std::array{0.1, 0.2, -0.3})->p == 1.0);
}

TEST_CASE("Sampled sign flips come near scipy's, and a seed repeats them", "[stats]") {
  for (const auto& recorded : reference()["sign_flip_large"]) {
    const auto differences = numbers(recorded["differences"]);
    const auto test = sign_flip(differences, 5, 20000);
    REQUIRE(test);
    CHECK_FALSE(test->exact);
    const double p = recorded["p"];
    INFO(test->p << " " << p);
    CHECK(std::abs(test->p - p) <= 5 * std::sqrt(p * (1 - p) * (1.0 / 20000 + 1.0 / 200000)) + 1e-4);
    CHECK(sign_flip(differences, 5, 20000)->p == test->p);
  }
  // Far beyond all patterns, p is one over the patterns drawn, never 0.
  const std::vector<double> all_one(100, 1.0);
  CHECK(sign_flip(all_one, 1, 999)->p == Approx(1e-3));
}

TEST_CASE("Sign flips refuse what is no difference", "[stats]") {
  CHECK(code(sign_flip({})) == "stats.few");
  CHECK(code(sign_flip(std::array{1.0, not_a_number})) == "stats.finite");
  CHECK(code(sign_flip(std::array{1.0, infinity})) == "stats.finite");
  CHECK(code(sign_flip(std::array{1.0}, 1, 0)) == "stats.resamples");
}

TEST_CASE("Holm's adjusted p-values are statsmodels'", "[stats]") {
  for (const auto& recorded : reference()["holm"]) {
    INFO(recorded.dump());
    const auto adjusted = holm(numbers(recorded["p"]));
    REQUIRE(adjusted);
    const auto expected = numbers(recorded["adjusted"]);
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(close((*adjusted)[i], expected[i], 1e-14));
  }
  CHECK(code(holm({})) == "stats.few");
  CHECK(code(holm(std::array{0.5, 1.5})) == "stats.probability");
  CHECK(code(holm(std::array{not_a_number})) == "stats.probability");
  CHECK(code(holm(std::array{-0.1})) == "stats.probability");
}

TEST_CASE("Two one-sided t tests are scipy's", "[stats]") {
  for (const auto& recorded : reference()["equivalence"]) {
    INFO(recorded.dump());
    const auto found = equivalence(numbers(recorded["differences"]), recorded["margin"], recorded["alpha"]);
    REQUIRE(found);
    CHECK(same_p(found->p, recorded["p"], 1e-8));
    CHECK(close(found->interval.low, recorded["low"], 1e-9));
    CHECK(close(found->interval.high, recorded["high"], 1e-9));
  }
  CHECK(code(equivalence(std::vector<double>(), 1)) == "stats.few");
  CHECK(code(equivalence(std::array{1.0}, 1)) == "stats.few");
  CHECK(code(equivalence(std::array{0.1, 0.1, 0.1}, 1)) == "stats.constant");
  CHECK(code(equivalence(std::array{0.1, not_a_number}, 1)) == "stats.finite");
  CHECK(code(equivalence(std::array{0.1, 0.2}, -1)) == "stats.margin");
  CHECK(code(equivalence(std::array{0.1, 0.2}, infinity)) == "stats.margin");
  CHECK(code(equivalence(std::array{0.1, 0.2}, 1, 0.7)) == "stats.level");
}

TEST_CASE("Spearman's correlation is scipy's", "[stats]") {
  for (const auto& recorded : reference()["spearman"]) {
    INFO(recorded["rho"] << " " << recorded["x"].size());
    const auto r = spearman(numbers(recorded["x"]), numbers(recorded["y"]));
    REQUIRE(r);
    CHECK(close(r->rho, recorded["rho"], 1e-12));
    CHECK(std::abs(r->p - recorded["p"].get<double>()) <= 1e-7);   // at rho = 1 scipy's own rounding shows
  }
  CHECK(ranks(std::array{30.0, 10.0, 10.0, 20.0}) == std::vector<double>{4, 1.5, 1.5, 3});
  CHECK(ranks({}).empty());
  CHECK(code(spearman(std::array{1.0, 2.0}, std::array{1.0, 2.0})) == "stats.few");
  CHECK(code(spearman(std::array{1.0, 2.0, 3.0}, std::array{1.0, 2.0})) == "stats.length");
  CHECK(code(spearman(std::array{1.0, 2.0, 3.0}, std::array{5.0, 5.0, 5.0})) == "stats.constant");
  CHECK(code(spearman(std::array{1.0, 2.0, not_a_number}, std::array{5.0, 6.0, 7.0})) == "stats.finite");
}

TEST_CASE("Least squares and partial R squared are statsmodels'", "[stats]") {
  for (const auto& recorded : reference()["regression"]) {
    const auto y = numbers(recorded["y"]);
    const auto predictors = recorded["predictors"].get<Columns>();
    INFO(y.size() << " rows, " << predictors.size() << " predictors");
    const auto fit = regress(y, predictors);
    REQUIRE(fit);
    const auto expected = numbers(recorded["coefficients"]);
    REQUIRE(fit->coefficients.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(close(fit->coefficients[i], expected[i], 1e-7));
    CHECK(close(fit->r_squared, recorded["r_squared"], 1e-9));
    CHECK(close(fit->residual_squares, recorded["residual_squares"], 1e-8));
    Columns others = predictors;
    const Columns last = {others.back()};
    others.pop_back();
    const auto partial = partial_r_squared(y, others, last);
    REQUIRE(partial);
    CHECK(close(*partial, recorded["partial_of_last"], 1e-8));
  }
}

TEST_CASE("Least squares refuses what it cannot tell apart", "[stats]") {
  const std::array y = {1.0, 2.0, 4.0, 3.0};
  CHECK(code(regress(y, {{1, 2, 3, 4}, {2, 4, 6, 8}})) == "stats.collinear");
  CHECK(code(regress(y, {{0, 0, 0, 0}})) == "stats.collinear");
  CHECK(code(regress(y, {{7, 7, 7, 7}})) == "stats.collinear");
  CHECK(code(regress(y, {{1, 2, 3}})) == "stats.length");
  CHECK(code(regress(y, {{1, 2, 3, not_a_number}})) == "stats.finite");
  CHECK(code(regress(y, {{1, 2, 3, 5}, {2, 4, 1, 8}, {0, 1, 0, 2}})) == "stats.few");
  CHECK(code(regress(std::array{2.0, 2.0, 2.0}, {{1, 2, 4}})) == "stats.constant");
  CHECK(code(partial_r_squared(std::array{1.0, 2.0, 3.0, 4.0, 5.0}, {{1, 2, 3, 4, 5}}, {{1, 0, 0, 1, 1}})) ==
        "stats.constant");
}

TEST_CASE("Bootstrap intervals are scipy's on the same resamples", "[stats]") {
  for (const auto& recorded : reference()["bootstrap"]) {
    INFO(recorded["seed"] << " " << recorded["confidence"]);
    const auto values = numbers(recorded["values"]);
    const auto cluster = recorded["cluster"].get<std::vector<std::int64_t>>();
    BootstrapOptions options{.resamples = recorded["resamples"], .confidence = recorded["confidence"],
                             .seed = recorded["seed"]};
    const auto plain = bootstrap_mean(values, cluster, options);
    REQUIRE(plain);
    CHECK(close(plain->estimate, recorded["estimate"], 1e-12));
    CHECK(close(plain->standard_error, recorded["standard_error"], 1e-12));
    CHECK(close(plain->interval.low, recorded["low"], 1e-12));
    CHECK(close(plain->interval.high, recorded["high"], 1e-12));
    options.bca = true;
    const auto corrected = bootstrap_mean(values, cluster, options);
    REQUIRE(corrected);
    CHECK(close(corrected->interval.low, recorded["bca_low"], 1e-9));
    CHECK(close(corrected->interval.high, recorded["bca_high"], 1e-9));
  }
}

TEST_CASE("Variants of one cluster do not count as independent", "[stats]") {
  // Each value stands there ten times: by cluster the standard error stays, as if each were its own it would shrink.
  std::vector<double> values;
  std::vector<std::int64_t> cluster, own;
  for (std::int64_t i = 0; i < 200; ++i) {
    values.push_back(static_cast<double>((i / 10 * 7) % 20));
    cluster.push_back(i / 10);
    own.push_back(i);
  }
  const auto clustered = bootstrap_mean(values, cluster), pretended = bootstrap_mean(values, own);
  REQUIRE(clustered);
  REQUIRE(pretended);
  // The values are 0 to 19: the mean of 20 draws has the standard error sqrt((20^2 - 1) / 12 / 20).
  CHECK(clustered->standard_error == Approx(std::sqrt(399.0 / 240)).epsilon(0.05));
  CHECK(pretended->standard_error == Approx(std::sqrt(399.0 / 2400)).epsilon(0.05));
}

TEST_CASE("A bootstrap that is not defined is an error", "[stats]") {
  const std::array one = {1.0, 2.0};
  const auto mean = [&](std::span<const std::int64_t> drawn) {
    double sum = 0;
    for (const auto c : drawn) sum += one[static_cast<std::size_t>(c)];
    return sum / static_cast<double>(drawn.size());
  };
  CHECK(code(bootstrap(1, mean)) == "stats.few");
  CHECK(code(bootstrap(-5, mean)) == "stats.few");
  CHECK(code(bootstrap(2, mean, {.resamples = 1})) == "stats.resamples");
  CHECK(code(bootstrap(2, mean, {.confidence = 1})) == "stats.confidence");
  CHECK(code(bootstrap(2, [](auto) { return not_a_number; })) == "stats.undefined");
  // Undefined only on some resamples, as a correlation is where all draws are one cluster.
  CHECK(code(bootstrap(2, [](auto drawn) { return drawn[0] == drawn[1] ? not_a_number : 1.0; })) == "stats.undefined");
  CHECK(code(bootstrap(3, [](auto) { return 4.0; }, {.bca = true})) == "stats.constant");
  const auto constant = bootstrap(3, [](auto) { return 4.0; });
  REQUIRE(constant);
  CHECK(constant->interval.low == 4);
  CHECK(constant->interval.high == 4);
  CHECK(code(bootstrap_mean(one, std::array<std::int64_t, 1>{0})) == "stats.length");
  CHECK(code(bootstrap_mean(one, std::array<std::int64_t, 2>{7, 7})) == "stats.few");
  CHECK(code(bootstrap_mean(std::array{1.0, not_a_number}, std::array<std::int64_t, 2>{0, 1})) == "stats.finite");
}
