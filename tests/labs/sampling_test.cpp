// Sampling against transformers' logits processors (recorded by tests/reference/sampling/record.py), the published
// outputs of SplitMix64, and closed forms.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <random>

#include <nlohmann/json.hpp>

#include "labs/model/sampling.h"
#include "tests/catch.h"

using namespace tb;

TEST_CASE("Bias, penalty and filters give what transformers' processors give", "[sampling]") {
  const auto reference = nlohmann::json::parse(std::ifstream("tests/reference/sampling/sampling.json"));
  double largest_error = 0;
  for (const auto& recorded : reference["cases"]) {
    const auto logits = recorded["logits"].get<std::vector<float>>();
    const auto expected = recorded["kept"].get<std::vector<double>>();
    const auto text = recorded["text"].get<std::vector<std::int64_t>>();
    SamplingOptions options{.repetition_penalty = recorded["repetition_penalty"],
                            .temperature = recorded["temperature"], .top_k = recorded["top_k"],
                            .top_p = recorded["top_p"], .min_p = recorded["min_p"]};
    for (const auto& [id, bias] : recorded["logit_bias"].items()) options.logit_bias[std::stoll(id)] = bias;
    const Distribution d = distribution(logits, options, text);
    INFO(recorded["temperature"] << " " << recorded["top_k"] << " " << recorded["top_p"] << " " << recorded["min_p"]
                                 << " " << recorded["repetition_penalty"] << " " << recorded["logit_bias"]);
    REQUIRE(d.kept.size() == expected.size());
    for (std::size_t id = 0; id < expected.size(); ++id) {
      CHECK((d.kept[id] > 0) == (expected[id] > 0));
      largest_error = std::max(largest_error, std::abs(d.kept[id] - expected[id]));
    }
    // What greedy generation takes is the most probable of them.
    const auto adjusted = adjusted_logits(logits, text, options);
    const auto best = std::max_element(adjusted.begin(), adjusted.end()) - adjusted.begin();
    CHECK(d.kept[best] == *std::max_element(d.kept.begin(), d.kept.end()));
  }
  INFO("largest error of a probability: " << largest_error);
  CHECK(largest_error < 1e-9);
  CHECK(reference["cases"].size() >= 90);
}

TEST_CASE("A bias moves the log-odds by itself, -infinity forbids", "[sampling]") {
  const std::vector<float> logits = {0.3f, -2, 1.5f};
  const Distribution plain = distribution(logits, {}), moved = distribution(logits, {.logit_bias = {{1, 2.5}}});
  CHECK(std::log(moved.p[1] / moved.p[0]) - std::log(plain.p[1] / plain.p[0]) == Approx(2.5));
  CHECK(moved.p[2] / moved.p[0] == Approx(plain.p[2] / plain.p[0]));
  const Distribution without = distribution(logits, {.logit_bias = {{2, -INFINITY}}});
  CHECK(without.kept[2] == 0);
  CHECK(without.kept[0] / without.kept[1] == Approx(plain.p[0] / plain.p[1]));
  CHECK(distribution(logits, {.logit_bias = {{2, -INFINITY}}, .temperature = 0}).kept[0] == 1);
}

TEST_CASE("The penalty falls once on each token of the text, and only there", "[sampling]") {
  const std::vector<float> logits = {2, -1, 0, 4};
  const std::vector<std::int64_t> text = {1, 0, 0, 1, 0, 999, -5};   // the last two are no tokens
  CHECK(adjusted_logits(logits, text, {.repetition_penalty = 2}) == std::vector<double>{1, -2, 0, 4});
  CHECK(adjusted_logits(logits, text, {.repetition_penalty = 0.5}) == std::vector<double>{4, -0.5, 0, 4});
  // The bias comes first: 2 - 3 = -1 is then doubled.
  CHECK(adjusted_logits(logits, text, {.logit_bias = {{0, -3.0}}, .repetition_penalty = 2})[0] == -2);
}

TEST_CASE("Logits that are no numbers still give a distribution", "[sampling]") {
  const float none = std::nanf(""), high = INFINITY;
  for (const std::vector<float>& logits : std::vector<std::vector<float>>{
           {none, 1, none, 2}, {none, none}, {high, 1}, {high, high, -high}, {-high, -high}, {-high, none, 0}}) {
    for (const double temperature : {1.0, 0.0, 1e-310, 2.5}) {
      const Distribution d = distribution(logits, {.temperature = temperature, .top_k = 3, .top_p = 0.9});
      CHECK(std::accumulate(d.p.begin(), d.p.end(), 0.0) == Approx(1));
      CHECK(std::accumulate(d.kept.begin(), d.kept.end(), 0.0) == Approx(1));
    }
  }
  CHECK(distribution(std::vector<float>{none, 1, none, 1}, {}).p == std::vector<double>{0, 0.5, 0, 0.5});
  // The smaller the temperature, the greedier; also where the quotients overflow.
  CHECK(distribution(std::vector<float>{20, 21}, {.temperature = 1e-310}).kept == std::vector<double>{0, 1});
}

TEST_CASE("A logit bias is read from text", "[sampling]") {
  const auto read = parse_logit_bias("12=5.5,7=-inf,0=-1e2,3=+1", "--logit-bias");
  REQUIRE(read);
  CHECK(*read == std::map<std::int64_t, double>{{0, -100}, {3, 1}, {7, -INFINITY}, {12, 5.5}});
  CHECK(parse_logit_bias("", "x")->empty());
  for (const char* wrong : {"12", "=1", "12=", "a=1", "1=a", "1=1,", ",1=1", "1=1,,2=2", "-1=2", "1=nan", "1=inf",
                            "1=2,1=3", "1=2 ", " 1=2", "1=2=3", "1=++2", "1=+-2", "99999999999999999999=1"}) {
    INFO(wrong);
    const auto result = parse_logit_bias(wrong, "--logit-bias");
    REQUIRE_FALSE(result);
    CHECK(result.error().code == "sampling.bias");
    CHECK(result.error().where == "--logit-bias");
  }
}

TEST_CASE("Probabilities over the whole vocabulary are the softmax", "[sampling]") {
  const std::vector<float> logits = {2, 1, 0};
  const Distribution d = distribution(logits, {.temperature = 2, .top_k = 2});
  const double sum = std::exp(1.0) + std::exp(0.5) + 1;
  CHECK(d.p[0] == Approx(std::exp(1.0) / sum));
  CHECK(d.p[2] == Approx(1 / sum));
  CHECK(d.max == 1);
  CHECK(d.sum == Approx(sum / std::exp(1.0)));
  CHECK(d.kept[0] == Approx(std::exp(0.5) / (1 + std::exp(0.5))));   // the two left, renormalised
  CHECK(d.kept[2] == 0);
  CHECK(d.order == std::vector<std::int64_t>{0, 1, 2});
}

TEST_CASE("The order is that of a stable sort by comparing", "[sampling]") {
  std::mt19937 random(7);
  std::vector<float> values = {0.0f, -0.0f, 1e-42f, -1e-42f, 3e38f, -3e38f, INFINITY, -INFINITY, 1, -1};
  std::normal_distribution<float> normal(0, 5);
  for (int i = 0; i < 300; ++i) values.push_back(normal(random));
  std::vector<float> logits;
  for (int i = 0; i < 3000; ++i) logits.push_back(values[random() % values.size()]);   // most of them several times
  std::vector<std::int64_t> expected(logits.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(), [&](auto a, auto b) { return logits[a] > logits[b]; });
  CHECK(distribution(logits, {}).order == expected);
}

TEST_CASE("Large logits do not overflow, equal ones are ordered by id", "[sampling]") {
  const std::vector<float> logits = {5e4f, 1, 5e4f, 5e4f};
  const Distribution d = distribution(logits, {});
  CHECK(d.order == std::vector<std::int64_t>{0, 2, 3, 1});
  CHECK(d.p[0] == Approx(1.0 / 3));
  CHECK(d.p[1] == 0);
}

TEST_CASE("Temperature 0 is greedy, ties to the lower id", "[sampling]") {
  const std::vector<float> logits = {1, 7, 7, 3};
  const Distribution d = distribution(logits, {.temperature = 0});
  CHECK(d.p == std::vector<double>{0, 1, 0, 0});
  for (const double u : {0.0, 0.5, 0.999}) CHECK(sample(d, u) == 1);
}

TEST_CASE("SplitMix64 gives its published numbers", "[sampling]") {
  Random random(1234567);
  for (const std::uint64_t expected : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                       4593380528125082431u, 16408922859458223821u})
    CHECK(random.next() == expected);
  Random again(1234567);
  CHECK(again.uniform() == static_cast<double>(6457827717110365317u >> 11) / 9007199254740992.0);
}

TEST_CASE("Draws fall on each token as often as its probability says", "[sampling]") {
  const std::vector<float> logits = {0, 1, 2, -1, 0.5f};
  const Distribution d = distribution(logits, {.temperature = 1, .top_k = 4});
  Random random(42);
  std::vector<double> counts(logits.size());
  constexpr int draws = 40000;
  for (int i = 0; i < draws; ++i) counts[sample(d, random.uniform())] += 1;
  CHECK(counts[3] == 0);   // filtered out
  for (std::size_t id = 0; id < logits.size(); ++id) {
    const double deviation = std::sqrt(draws * d.kept[id] * (1 - d.kept[id]));
    CHECK(std::abs(counts[id] - draws * d.kept[id]) <= 5 * deviation);
  }
}

TEST_CASE("The draw inverts the cumulated probabilities", "[sampling]") {
  const std::vector<float> logits = {0, 0, 0, 0};   // a quarter each
  const Distribution d = distribution(logits, {});
  CHECK(sample(d, 0.0) == 0);
  CHECK(sample(d, 0.2499999) == 0);
  CHECK(sample(d, 0.25) == 1);
  CHECK(sample(d, 0.75) == 3);
  CHECK(sample(d, std::nextafter(1.0, 0.0)) == 3);

  // The most probable comes first, as in a table of them: what its sum so far exceeds is drawn.
  const std::vector<float> uneven = {0, 2, 1};
  const Distribution falling = distribution(uneven, {.top_k = 2});
  const double first = 1 / (1 + std::exp(-1.0));
  CHECK(sample(falling, 0) == 1);
  CHECK(sample(falling, first - 1e-9) == 1);
  CHECK(sample(falling, first + 1e-9) == 2);
  CHECK(sample(falling, std::nextafter(1.0, 0.0)) == 2);
}

TEST_CASE("Log softmax is the logarithm of the softmax", "[sampling]") {
  const std::vector<float> logits = {1000, 999, 0};
  const auto logprobs = log_softmax(logits);
  CHECK(logprobs[0] == Approx(-std::log1p(std::exp(-1.0))));
  CHECK(logprobs[2] == Approx(-1000 - std::log1p(std::exp(-1.0))));
}
