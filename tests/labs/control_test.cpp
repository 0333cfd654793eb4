// The lab that redirects attention: what each action does to a row of weights, by its closed form; silence against the
// knock-outs of the lab `heads`, which PyTorch's numbers hold; the controls.
#include "labs/control/chosen_heads.h"
#include "tests/labs/analysis_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

std::vector<double> row(const Snapshot& s, const char* when, std::size_t head = 0) {
  const auto& all = s.numbers(std::string("pattern.") + when);
  const std::size_t n = s.numbers("tokens.id").size();
  return {all.begin() + static_cast<std::ptrdiff_t>(head * n), all.begin() + static_cast<std::ptrdiff_t>((head + 1) * n)};
}

Result<HeadSet> heads(std::string_view text) { return parse_heads(text, 30, 9, "heads"); }

}  // namespace

TEST_CASE("heads by layer and number", "[control]") {
  CHECK(heads("24.4").value() == HeadSet{{24, 4}});
  CHECK(heads(" 18.3 + 18.0,2.1").value() == HeadSet{{2, 1}, {18, 0}, {18, 3}});
  CHECK(heads("1.2..3").value() == HeadSet{{1, 2}, {1, 3}});
  CHECK(heads("1..2.3").value() == HeadSet{{1, 3}, {2, 3}});
  CHECK(heads("*.0").value().size() == 30);
  CHECK(heads("*.*+3.4").value().size() == 270);
  CHECK(heads("28..29.*").value().size() == 18);
  for (const char* wrong : {"", "+", "24", "24.", ".4", "24.9", "30.0", "-1.2", "1.-2", "2..1.0", "1.2.3", "1.2+", "a.b",
                            "1...2", "24.4;3.2", "99999999999999999999.0"}) {
    INFO(wrong);
    REQUIRE_FALSE(heads(wrong));
    CHECK(heads(wrong).error().code == "control.heads");
    CHECK(heads(wrong).error().args == std::vector<std::string>{wrong, "29", "8"});
  }
  CHECK(to_text({{18, 3}, {2, 1}}) == "2.1+18.3");
}

TEST_CASE("control: each action does to the row what it says", "[control]") {
  Bench bench("control");
  const Texts place = {{"heads", "24.4"}, {"key", "3"}, {"controls", "0"}};
  const auto with = [&](Texts more) {
    more.insert(place.begin(), place.end());
    return bench.run(more);
  };
  const Snapshot out = with({{"action", "knock-out"}});
  const std::vector<double> before = row(out, "before");
  REQUIRE(before.size() == 14);
  const auto expect = [&](const std::vector<double>& after, auto expected) {
    for (std::size_t key = 0; key < before.size(); ++key) {
      INFO(key);
      CHECK(after[key] == Approx(expected(key)).margin(1e-5));
    }
  };
  expect(row(out, "after"), [&](std::size_t key) { return key == 3 ? 0 : before[key] / (1 - before[3]); });
  expect(row(with({{"action", "force"}}), "after"), [](std::size_t key) { return key == 3 ? 1.0 : 0.0; });
  const double odds = before[3] / (1 - before[3]) * std::exp(2.0), p = odds / (1 + odds);
  expect(row(with({{"action", "bias"}, {"strength", "2"}}), "after"),
         [&](std::size_t key) { return key == 3 ? p : before[key] * (1 - p) / (1 - before[3]); });
  double sum = 0;
  for (const double weight : before) sum += std::sqrt(weight);
  expect(row(with({{"action", "temperature"}, {"strength", "1"}}), "after"),   // divided by two
         [&](std::size_t key) { return std::sqrt(before[key]) / sum; });
  expect(row(with({{"action", "silence"}}), "after"), [&](std::size_t key) { return before[key]; });

  // No push, no change; and the numbers hang together.
  CHECK(std::abs(number(with({{"action", "bias"}, {"strength", "0"}}), "answer.change")) < 1e-4);
  CHECK(number(out, "answer.after") - number(out, "answer.before") == Approx(number(out, "answer.change")).margin(1e-9));
  CHECK(std::log(number(out, "answer.p[1]") / number(out, "other.p[1]")) ==
        Approx(number(out, "answer.after")).margin(1e-6));
  CHECK(number(out, "answer.before") == Approx(recorded()["answer"].get<double>()).margin(tolerance));
}

TEST_CASE("control: to silence a head in every row is to knock it out", "[control]") {
  Bench control("control", tiny_model()), all("heads", tiny_model());
  const Texts question = {{"prompt", "one two three two"}, {"answer", ""}, {"other", ""}};
  Texts asked = question;
  asked["score"] = "knock-out";
  const Snapshot map = all.run(asked);
  const auto& shape = map.find("heads.knock-out")->shape;
  for (std::int64_t layer = 0; layer < shape[0]; ++layer)
    for (std::int64_t head = 0; head < shape[1]; ++head) {
      const std::string l = std::to_string(layer), h = std::to_string(head);
      Texts one = question;
      one.insert({{"action", "silence"}, {"every-row", "true"}, {"heads", l + "." + h}, {"controls", "0"}, {"key", "0"}});
      CHECK(number(control.run(one), "answer.change") ==
            Approx(number(map, "heads.knock-out[" + l + "," + h + "]")).margin(1e-4));
    }
}

TEST_CASE("control: the controls are others, as many as asked for, and the same for a seed", "[control]") {
  Bench bench("control", tiny_model());
  const std::int64_t all = tiny_model().info().n_layers * tiny_model().info().n_heads;
  const Texts texts = {{"prompt", "one two three four two"}, {"answer", ""},      {"other", ""}, {"heads", "0.0+1.1"},
                       {"action", "bias"},                   {"controls", "3"}, {"key", "1"},  {"query", "-2"}};
  std::vector<Snapshot> partial;
  bench.publish = [&](Snapshot s) { partial.push_back(std::move(s)); };
  const Snapshot s = bench.run(texts);
  REQUIRE(partial.size() == 1);                            // what was asked for, before any control
  CHECK(partial[0].partial);
  CHECK(partial[0].numbers("random.change").empty());
  CHECK(partial[0].numbers("answer.change") == s.numbers("answer.change"));
  REQUIRE(s.texts("random.heads").size() == 3);
  REQUIRE(s.numbers("random.change").size() == 3);
  for (const std::string& drawn : s.texts("random.heads")) {
    const auto set = parse_heads(drawn, all, all, "").value();
    CHECK(set.size() == 2);
    CHECK_FALSE(set.contains({0, 0}));
    CHECK_FALSE(set.contains({1, 1}));
  }
  const auto places = s.numbers("keys.position");
  REQUIRE(places.size() == 3);
  const auto query = s.numbers("edge.query").front();
  for (const double place : places) CHECK((place != 1 && place <= query));
  double as_large = 0;
  for (const char* column : {"random.change", "keys.change"})
    for (const double change : s.numbers(column))
      as_large += std::abs(change) >= std::abs(s.numbers("answer.change").front());
  CHECK(number(s, "controls.share") == Approx(as_large / 6));

  // Each control is what the lab says when it is asked for itself.
  Texts as_control = texts;
  as_control["heads"] = s.texts("random.heads").front();
  as_control["controls"] = "0";
  const Snapshot one = bench.run(as_control);
  CHECK(number(one, "answer.change") == Approx(s.numbers("random.change").front()).margin(1e-5));
  CHECK(std::isnan(number(one, "controls.share")));

  Bench again("control", tiny_model());
  CHECK(again.run(texts).texts("random.heads") == s.texts("random.heads"));
  Texts other = texts;
  other["seed"] = "2";
  CHECK(again.run(other).texts("random.heads") != s.texts("random.heads"));

  // Fewer heads are left than chosen: no draw of that many. A head's own row has no other place than the first.
  Texts most = texts;
  most["heads"] = "*.*";
  most["query"] = "0";
  const Snapshot without = bench.run(most);
  CHECK(without.numbers("random.change").empty());
  CHECK(without.numbers("keys.change").empty());
}

TEST_CASE("control: places outside a shorter text are the nearest there are; heads that are none are refused",
          "[control]") {
  Bench bench("control", tiny_model());
  const Snapshot s =
      bench.run({{"prompt", "one"}, {"answer", ""}, {"other", ""}, {"heads", "0.0"}, {"key", "40"}, {"controls", "0"}});
  CHECK(number(s, "edge.key") == number(s, "edge.query"));
  const auto refused = [&](const char* heads) {
    return bench.try_run({{"prompt", "one"}, {"answer", ""}, {"other", ""}, {"heads", heads}}).error();
  };
  CHECK(refused("7.0").code == "control.heads");
  CHECK(refused("").where == "heads");
  CHECK(bench.try_run({{"prompt", ""}}).error().code == "lab.empty");
}

TEST_CASE("control: a row exchanged for the one of another text", "[control]") {
  Bench bench("control"), own("control");
  const Texts swapped = {{"action", "swap"}, {"heads", "24.4"}, {"controls", "0"}};
  const auto with = [&](const char* donor) {
    Texts texts = swapped;
    texts["donor"] = donor;
    return bench.try_run(texts);
  };
  // In its own place every row is what it was.
  CHECK(std::abs(number(with(clean_text).value(), "answer.change")) < 1e-4);
  const char* const other = "When Mary and John went to the store, John gave a drink to";
  const Snapshot out = with(other).value();
  CHECK(largest_gap(row(out, "after"), row(own.run({{"prompt", other}, {"heads", "24.4"}, {"controls", "0"}}), "before")) <
        1e-5);
  const auto longer = with("When Mary and John went to the store, John gave a cold drink to");
  REQUIRE_FALSE(longer);
  CHECK(longer.error().code == "control.donor");
  CHECK(longer.error().where == "donor");
  CHECK(longer.error().args == std::vector<std::string>{"15", "14"});
}
