// The labs of chapter 4 over many texts: depth and probe against the labs of one text, missed against attribution and
// silenced heads, which PyTorch's numbers hold (analysis_labs_test.cpp).
#include "tests/labs/analysis_fixture.h"

using namespace tb;
using namespace tb::testing;

TEST_CASE("depth: each text as the lens reads it, and what needs no context", "[depth]") {
  Bench bench("depth"), lens("lens");
  const Texts texts = {{"prompts", "The capital of France is\n\n  \nA B C D E F\r\n"}};
  const Snapshot both = bench.run(texts);
  REQUIRE(both.texts("prompts.text") == std::vector<std::string>{"The capital of France is", "A B C D E F"});
  for (std::size_t i = 0; i < 2; ++i) {
    const Snapshot one = lens.run({{"prompt", both.texts("prompts.text")[i]}});
    CHECK(both.numbers("plain.depth")[i] == number(one, "lens.depth"));
    CHECK(both.numbers("prompts.p")[i] == Approx(number(one, "lens.p[30,0]")).margin(1e-5));
  }
  CHECK(both.find("translated.depth") == nullptr);
  const auto& share = both.numbers("plain.share");
  REQUIRE(share.size() == 31);
  CHECK(share.back() == Approx(1));
  CHECK(number(both, "plain.first") <= number(both, "plain.median"));
  CHECK(number(both, "plain.median") <= number(both, "plain.last"));

  // Of a single token nothing is left to be shuffled, and the last token alone is the text.
  const Snapshot alone = bench.run({{"prompts", "Hello"}});
  CHECK(number(alone, "bigram.share") == 1);
  CHECK(number(alone, "shuffled.share") == 1);
  CHECK(std::isnan(number(alone, "plain.low")));

  CHECK(bench.try_run({{"prompts", " \n\n"}}).error().code == "lab.lines");
  std::string many;
  for (int i = 0; i < 61; ++i) many += "a\n";
  CHECK(bench.try_run({{"prompts", many}}).error().code == "lab.lines");
}

TEST_CASE("probe: nothing can be read before the second name, and nothing there is used", "[probe]") {
  Bench bench("probe");
  const Texts few = {{"names", "John\nMary\nTom\nAnna\nJames\nSarah\nPaul\nKate"}, {"pairs", "1"}};
  const auto with = [&](Texts more) {
    more.insert(few.begin(), few.end());
    return bench.run(more);
  };
  const Snapshot before = with({{"query", "8"}});   // the comma: both texts are one and the same up to it
  CHECK(number(before, "count.fitted") == 24);
  for (const double accuracy : before.numbers("probe.accuracy")) CHECK(accuracy == Approx(0.5));
  for (const double recovery : before.numbers("use.recovery")) CHECK(recovery == 0);

  // The row that differs holds the whole difference before block 0; it is the only one that differs there.
  const Snapshot name = with({{"query", "9"}});
  CHECK(number(name, "use.recovery[0]") == Approx(1).margin(1e-3));
  CHECK(number(name, "use.low[0]") == number(name, "use.high[0]"));

  CHECK(bench.try_run({{"template", "When [A] and [B] met, he spoke to"}}).error().code == "probe.slot");
  CHECK(bench.try_run({{"names", "John\nMary"}}).error().code == "lab.lines");
  CHECK(bench.try_run({{"names", "John\nMary\nTom\nAnna\nJames\nSarah\nPaul\nBartholomewski"}}).error().code == "probe.length");
}

TEST_CASE("missed: what heads write is attribution's, what is missed a silenced head's", "[missed]") {
  Bench bench("missed"), attribution("attribution"), control("control");
  const Snapshot one = bench.run({{"prompts", std::string(clean_text) + " | Mary | John"}, {"heads", "5"}});
  const Snapshot parts = attribution.run({});
  CHECK(number(one, "prompts.answer") == Approx(number(parts, "total.answer")).margin(1e-3));
  CHECK(number(one, "prompts.error") < 1e-4);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto at = static_cast<std::size_t>(one.numbers("heads.layer")[i] * 9 + one.numbers("heads.head")[i]);
    CHECK(one.numbers("heads.written")[i] == Approx(parts.numbers("parts.heads")[at]).margin(1e-3));
    const std::string name = std::to_string(at / 9) + "." + std::to_string(at % 9);
    const Snapshot silent =
        control.run({{"action", "silence"}, {"every-row", "true"}, {"heads", name}, {"controls", "0"}});
    CHECK(one.numbers("heads.missed")[i] == Approx(-number(silent, "answer.change")).margin(1e-3));
  }
  CHECK(std::isnan(number(one, "rho.low")));   // a single text has no spread
  for (const char* wrong : {"no bars", "one | bar", " | Mary | John", "text | | John", "text | Mary |"}) {
    INFO(wrong);
    CHECK(bench.try_run({{"prompts", wrong}}).error().code == "missed.line");
  }
  CHECK(bench.try_run({{"prompts", "Thank you very | much | much"}}).error().code == "answer.same");
}
