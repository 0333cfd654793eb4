// The lab interface's own services: text to inputs and back, snapshots as JSON and CSV, differences, places.
#include "tests/catch.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include <nlohmann/json.hpp>

#include "labs/lab.h"

using namespace tb;

static const std::vector<Field> kFields{
    {.key = "prompt", .initial = std::string("Hi"), .max = 8},
    {.key = "temperature", .initial = 1.0, .min = 0, .max = 2},
    {.key = "top-k", .initial = std::int64_t{0}, .min = 0, .max = 50},
    {.key = "special", .initial = true},
    {.key = "continuation", .initial = std::vector<std::int64_t>{}},
    {.key = "view", .initial = std::string("one"), .choices = {"one", "all"}},
};

TEST_CASE("inputs: defaults, values, and errors that name the key", "[lab]") {
  const auto defaults = parse(kFields, {}, "");
  REQUIRE(defaults);
  CHECK(defaults->size() == kFields.size());
  const auto given = parse(kFields, {{"temperature", "0.7"}, {"continuation", "1, 2,3"}, {"special", "no"}}, "");
  REQUIRE(given);
  CHECK(std::get<double>(given->at("temperature")) == 0.7);
  CHECK(std::get<std::vector<std::int64_t>>(given->at("continuation")) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(std::get<bool>(given->at("special")) == false);

  const auto code = [](const std::string& key, const std::string& value) {
    const auto inputs = parse(kFields, {{key, value}}, "en.md:12");
    return inputs ? std::string("accepted") : inputs.error().code;
  };
  CHECK(code("temprature", "1") == "input.unknown");
  CHECK(parse(kFields, {{"temprature", "1"}}, "en.md:12").error().args.at(1) == "temperature");
  CHECK(parse(kFields, {{"temprature", "1"}}, "en.md:12").error().where == "en.md:12: temprature");
  CHECK(code("temperature", "warm") == "input.type");
  CHECK(code("temperature", "nan") == "input.type");
  CHECK(code("temperature", "0.5x") == "input.type");
  CHECK(code("top-k", "1.5") == "input.type");
  CHECK(code("top-k", "99999999999999999999") == "input.type");
  CHECK(code("temperature", "2.01") == "input.range");
  CHECK(code("temperature", "2") == "accepted");
  CHECK(code("prompt", "123456789") == "input.length");
  CHECK(code("continuation", "1,,2") == "input.type");
  CHECK(code("view", "both") == "input.choice");
}

TEST_CASE("an input has an effect where one of its conditions holds, by way of an input that has one", "[lab]") {
  const std::vector<Field> fields{
      {.key = "action", .initial = std::string("push"), .choices = {"push", "swap", "none"}},
      {.key = "draws", .initial = std::int64_t{0}, .when = {{.key = "action", .except = {"none"}}}},
      {.key = "seed", .initial = std::int64_t{1}, .when = {{.key = "draws", .except = {0}}}},
      {.key = "donor", .initial = std::string(), .when = {{.key = "action", .among = {"swap"}}}},
      {.key = "keep", .initial = true, .when = {{.key = "draws", .except = {0}}, {.key = "donor", .among = {"it"}}}},
  };
  const auto effective = [&](const std::map<std::string, std::string>& texts) {
    std::string keys;
    const Inputs inputs = parse(fields, texts, "").value();
    for (const Field& field : fields) keys += has_effect(field, fields, inputs) ? field.key + " " : "";
    return keys;
  };
  CHECK(effective({}) == "action draws ");
  CHECK(effective({{"draws", "2"}}) == "action draws seed keep ");
  CHECK(effective({{"action", "swap"}}) == "action draws donor ");
  CHECK(effective({{"action", "swap"}, {"donor", "it"}}) == "action draws donor keep ");
  CHECK(effective({{"action", "none"}, {"draws", "2"}, {"donor", "it"}}) == "action ");   // of inputs without effect
  CHECK(has_effect(fields[3], fields, {}));                       // nothing says that it has none
}

TEST_CASE("inputs: parse(unparse(x)) == x for any numbers", "[lab]") {
  std::mt19937_64 random(1);
  const std::vector<Field> fields{{.key = "d", .initial = 0.0}, {.key = "i", .initial = std::int64_t{0}},
                                  {.key = "l", .initial = std::vector<std::int64_t>{}}, {.key = "s", .initial = std::string()}};
  for (int round = 0; round < 2000; ++round) {
    double d;
    do {
      const std::uint64_t bits = random();
      std::memcpy(&d, &bits, sizeof d);
    } while (!std::isfinite(d));
    const Inputs inputs{{"d", d}, {"i", static_cast<std::int64_t>(random())},
                        {"l", std::vector<std::int64_t>{static_cast<std::int64_t>(random()), 3}}, {"s", std::string("a,=\n\xff")}};
    const auto again = parse(fields, unparse(inputs), "");
    REQUIRE(again);
    CHECK(*again == inputs);
  }
}

static Snapshot sample() {
  Snapshot s;
  s.lab = "demo";
  s.inputs = {{"prompt", std::string("a\xff")}};
  s.columns = {{"m", "logit", {2, 3}, std::vector<double>{0, 1, 2, 3, 4, INFINITY}},
               {"names", "", {2}, std::vector<std::string>{"x,\"y\"", "\xd0"}},
               {"one", "", {1}, std::vector<double>{7}}};
  return s;
}

TEST_CASE("a snapshot's JSON is valid whatever the bytes and numbers", "[lab]") {
  const auto json = nlohmann::json::parse(to_json(sample()));
  CHECK(json["columns"]["m"]["data"][5] == "Infinity");
  CHECK(json["columns"]["m"]["shape"] == std::vector<int>{2, 3});
  CHECK(json["columns"]["names"]["data"][1].is_null());   // part of a character: no text, as the contract says
  CHECK(json["inputs"]["prompt"] == "a\\xff");
}

TEST_CASE("a snapshot's CSV has a line for each element, quoted as RFC 4180 asks", "[lab]") {
  const std::string csv = to_csv(sample());
  CHECK(csv.find("m,1 2,inf,logit\r\n") != std::string::npos);
  CHECK(csv.find("m,1 0,3,logit\r\n") != std::string::npos);
  CHECK(csv.find("names,0,\"x,\"\"y\"\"\",\r\n") != std::string::npos);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 6 + 2 + 1);
}

TEST_CASE("places in a snapshot", "[lab]") {
  const Snapshot s = sample();
  CHECK(*value_at(s, "m[1,1]") == 4);
  CHECK(*value_at(s, "one") == 7);
  CHECK(*value_at(s, "one[0]") == 7);
  CHECK(value_at(s, "m[2,0]").error().code == "snapshot.index");
  CHECK(value_at(s, "m[1]").error().code == "snapshot.index");
  CHECK(value_at(s, "m[-1,0]").error().code == "snapshot.index");
  CHECK(value_at(s, "m[1,1").error().code == "snapshot.index");
  CHECK(value_at(s, "m").error().code == "snapshot.index");
  CHECK(value_at(s, "on[0]").error().args.at(1) == "one");
  CHECK(value_at(s, "names[0]").error().code == "snapshot.column");
}

TEST_CASE("the difference is b - a, and names what differs in shape", "[lab]") {
  const Snapshot a = sample();
  Snapshot b = sample();
  std::get<std::vector<double>>(b.columns[0].data)[1] = 5;
  CHECK(difference(a, b)->numbers("m")[1] == 4);
  b.columns[2].shape = {1, 1};
  const auto refused = difference(a, b);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().where == "one");
}
