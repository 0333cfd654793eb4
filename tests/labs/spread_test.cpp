// One change of attention over many prompts: the prompts that templates make, each prompt against the lab `control`,
// which asks the same of one, and what is said of all of them together.
#include "labs/spread/prompts.h"
#include "labs/spread/spread.h"
#include "tests/labs/analysis_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

// Letters: the tiny model has hardly more tokens.
const Texts small = {{"templates", "q [A] w [B] e [A] r\nt [B] q [A] r w"},
                     {"pairs", "x y, u v"}, {"heads", "1.1"}, {"controls", "0"}};

Texts over(Texts base, const Texts& more) {
  for (const auto& [key, value] : more) base[key] = value;
  return base;
}

}  // namespace

TEST_CASE("spread: every template with every pair", "[spread]") {
  const auto made = fill_templates("[A] met [B].\r\n\n  [B] saw [A], [A]  ", "Tom Anna,  Paul   Kate\n[B] x", 60).value();
  REQUIRE(made.size() == 6);
  CHECK(made[0].text == "Tom met Anna.");
  CHECK(made[1].text == "Paul met Kate.");
  CHECK(made[3].text == "Anna saw Tom, Tom");
  CHECK(made[3].of == 1);
  CHECK(made[3].a == "Tom");
  CHECK(made[3].b == "Anna");
  const auto code = [](const char* templates, const char* pairs) {
    const auto refused = fill_templates(templates, pairs, 4);
    REQUIRE_FALSE(refused);
    return refused.error().code + "@" + refused.error().where;
  };
  CHECK(code("", "a b") == "spread.template@templates");
  CHECK(code("[A] alone", "a b") == "spread.template@templates");
  CHECK(code("[A] [B]\nnobody", "a b") == "spread.template@templates");
  CHECK(code("[A] [B]", " , \n") == "spread.pair@pairs");
  for (const char* pair : {"one", "one two three", "same same"}) CHECK(code("[A] [B]", pair) == "spread.pair@pairs");
  CHECK(code("[A] [B]", "a b, c d, e f, g h, i j") == "spread.many@templates");
}

TEST_CASE("spread: of each prompt it says what control says of it alone", "[spread]") {
  Bench spread("spread"), control("control");
  const Texts texts = {{"templates", "When [A] and [B] went to the store, [A] gave a drink to"},
                       {"pairs", "John Mary, Tom Anna"}, {"heads", "24.4"}, {"controls", "0"}};
  for (const Texts& change : {Texts{{"action", "knock-out"}}, Texts{{"action", "bias"}, {"strength", "2"}},
                              Texts{{"action", "silence"}, {"every-row", "true"}}}) {
    const Snapshot all = spread.run(over(texts, change));
    const Snapshot one = control.run(over({{"heads", "24.4"}, {"key", "3"}, {"controls", "0"}}, change));
    CHECK(number(all, "prompts.before[0]") == Approx(number(one, "answer.before")).margin(1e-4));
    CHECK(number(all, "prompts.after[0]") == Approx(number(one, "answer.after")).margin(1e-4));
    CHECK(number(all, "look.before[0]") == Approx(number(one, "pattern.before[0,3]")).margin(1e-5));
    CHECK(number(all, "look.after[0]") == Approx(number(one, "pattern.after[0,3]")).margin(1e-5));
  }
}

TEST_CASE("spread: what it says of all prompts follows from each", "[spread]") {
  Bench bench("spread", tiny_model());
  const Snapshot s = bench.run(over(small, {{"action", "bias"}, {"strength", "3"}, {"controls", "2"}}));
  const auto &before = s.numbers("prompts.before"), &after = s.numbers("prompts.after"),
             &change = s.numbers("prompts.change");
  REQUIRE(change.size() == 4);
  double sum = 0, raised = 0, right = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(change[i] == Approx(after[i] - before[i]));
    sum += change[i];
    raised += change[i] > 0;
    right += after[i] > 0;
  }
  CHECK(number(s, "change.mean") == Approx(sum / 4));
  CHECK(number(s, "count.raised") == raised);
  CHECK(number(s, "count.right-after") == right);
  CHECK(number(s, "change.low") <= number(s, "change.mean"));
  CHECK(number(s, "change.high") >= number(s, "change.mean"));
  CHECK(std::isnan(number(bench.run(over(small, {{"templates", "q [A] w [B] e"}})), "change.low")));

  // Controls: others, as many as asked for; each is what the lab says when it is asked for it.
  REQUIRE(s.texts("random.heads").size() == 2);
  REQUIRE(s.find("random.change")->shape == std::vector<std::int64_t>{2, 4});
  CHECK(s.numbers("places.mean").size() == 2);
  double as_large = 0;
  for (const char* column : {"random.mean", "places.mean"})
    for (const double mean : s.numbers(column)) as_large += std::abs(mean) >= std::abs(sum / 4);
  CHECK(number(s, "controls.as-large") == as_large);
  CHECK(number(s, "controls.count") == 4);
  const std::string drawn = s.texts("random.heads").front();
  CHECK(drawn != "1.1");
  const Snapshot one = bench.run(over(small, {{"action", "bias"}, {"strength", "3"}, {"heads", drawn}}));
  CHECK(number(one, "change.mean") == Approx(s.numbers("random.mean").front()).margin(1e-5));
  // Without a place there is none to move; without heads left, none to draw.
  CHECK(bench.run(over(small, {{"action", "silence"}, {"controls", "2"}})).numbers("places.mean").empty());
  CHECK(bench.run(over(small, {{"heads", "*.*"}, {"controls", "1"}})).numbers("random.mean").empty());
}

TEST_CASE("spread: a written intervention does what the action of the same meaning does, and draws no controls", "[spread]") {
  Bench bench("spread", tiny_model());
  const Snapshot silenced = bench.run(over(small, {{"action", "silence"}, {"every-row", "true"}}));
  const Snapshot written =
      bench.run(over(small, {{"action", "written"}, {"intervene", "ablate-head:layer=1,head=1"}, {"controls", "2"}}));
  REQUIRE(written.numbers("prompts.change").size() == silenced.numbers("prompts.change").size());
  for (std::size_t i = 0; i < written.numbers("prompts.change").size(); ++i)
    CHECK(written.numbers("prompts.change")[i] == Approx(silenced.numbers("prompts.change")[i]).margin(1e-5));
  CHECK(number(written, "controls.count") == 0);
  // Nothing written: nothing changes.
  for (const double change : bench.run(over(small, {{"action", "written"}})).numbers("prompts.change"))
    CHECK(change == Approx(0).margin(1e-5));
  CHECK(bench.try_run(over(small, {{"action", "written"}, {"intervene", "ablate-head:layer=99"}})).error().code ==
        "intervention.range");
}

TEST_CASE("spread: what is no prompt, pair or place is refused where it stands", "[spread]") {
  Bench bench("spread");
  const auto error = [&](const Texts& texts) {
    return bench.try_run(over({{"pairs", "John Mary"}, {"controls", "0"}}, texts)).error();
  };
  CHECK(error({{"heads", "99.9"}}).code == "control.heads");
  CHECK(error({{"pairs", "John Featherstonehaugh"}}).code == "answer.tokens");
  CHECK(error({{"pairs", "John Featherstonehaugh"}}).where == "pairs");
  // At the very beginning a word has no space before it and is another token.
  const Error place = error({{"templates", "[A] met [B]. He said:"}, {"place", "other"}});
  CHECK(place.code == "spread.place");
  CHECK(place.args.front() == "John");
  // What is written chooses no place and no heads, so neither can be wrong.
  CHECK(bench.try_run({{"pairs", "John Mary"}, {"templates", "[A] met [B]. He said:"}, {"place", "other"},
                       {"heads", "99.9"}, {"action", "written"}}));
  std::string text = "[A] [B]";
  for (int i = 0; i < 70; ++i) text += " and";
  CHECK(error({{"templates", text}}).code == "lab.too_long");
}
