// The lab of rotary positions: the model's own score, the frequencies' closed form, and the theorem that a score depends
// on the distance of two tokens and not on where they stand.
#include <numbers>

#include "tests/labs/analysis_fixture.h"

using namespace tb;
using namespace tb::testing;

TEST_CASE("rotation: the pairs add up to the score that attention uses", "[rotation]") {
  Bench rotation("rotation"), attention("attention");
  for (const auto& [layer, head, key] : {std::tuple{"0", "0", "0"}, {"16", "0", "12"}, {"24", "4", "3"}}) {
    const Snapshot s = rotation.run({{"layer", layer}, {"head", head}, {"key", key}});
    const Snapshot row = attention.run({{"layer", layer}, {"head", head}});
    CHECK(number(s, "score.sum") == Approx(number(row, std::string("row.score[") + key + "]")).margin(1e-4));
    const auto distance = std::to_string(13 - std::stoi(key));
    CHECK(number(s, "distance.score[" + distance + "]") == Approx(number(s, "score.sum")).margin(1e-9));
    for (std::size_t i = 0; i < 32; ++i) {
      const double length = s.numbers("pair.length")[i], angle = s.numbers("pair.angle")[i];
      CHECK(s.numbers("pair.score")[i] == Approx(length * std::cos(angle)).margin(1e-9));
    }
  }
}

TEST_CASE("rotation: frequencies fall from one radian by the powers of theta", "[rotation]") {
  Bench bench("rotation");
  const Snapshot s = bench.run({{"query", "7"}, {"key", "2"}});
  REQUIRE(s.numbers("pair.frequency").size() == 32);       // half of 64 numbers; theta is 100,000 in this model
  constexpr double turn = 2 * std::numbers::pi;
  for (std::size_t i = 0; i < 32; ++i) {
    const double step = std::pow(100000.0, -static_cast<double>(i) / 32);
    CHECK(s.numbers("pair.frequency")[i] == Approx(step).epsilon(1e-6));
    CHECK(s.numbers("pair.period")[i] == Approx(turn / step).epsilon(1e-6));
    CHECK(s.numbers("pair.query")[i] == Approx(std::fmod(7 * step, turn)).margin(1e-5));
    CHECK(s.numbers("pair.key")[i] == Approx(std::fmod(2 * step, turn)).margin(1e-5));
  }
}

TEST_CASE("rotation: only the distance counts", "[rotation]") {
  // In the first layer q and k know nothing but their token and its position. Of equal tokens the score at a distance
  // is therefore the same wherever the two stand, and the curve foretells it.
  for (Model* model : {&bundled_model(), &tiny_model()}) {
    Bench bench("rotation", *model);
    const Texts text = {{"prompt", "7777777"}, {"layer", "0"}, {"head", "1"}};
    const auto at = [&](int query, int key) {
      Texts texts = text;
      texts["query"] = std::to_string(query);
      texts["key"] = std::to_string(key);
      return bench.run(texts);
    };
    const Snapshot here = at(5, 5);
    const std::vector<double> ids = here.numbers("tokens.id");
    REQUIRE(ids == std::vector<double>(7, ids.front()));
    for (const int distance : {0, 1, 3}) {
      const double score = number(at(5, 5 - distance), "score.sum");
      CHECK(score == Approx(number(at(4, 4 - distance), "score.sum")).margin(1e-4));
      CHECK(score == Approx(number(here, "distance.score[" + std::to_string(distance) + "]")).margin(1e-4));
    }
    CHECK(at(2, 2).tokens_computed == 0);
    CHECK(number(at(3, 6), "edge.key") == 3);              // nobody looks ahead
  }
}
