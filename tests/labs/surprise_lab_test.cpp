// The lab surprise: against transformers' per-token log-probabilities (tests/reference/surprise), and what must hold for
// any text.
#include <fstream>

#include "tests/labs/analysis_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

const nlohmann::json& reference_bits() {
  static const auto loaded = nlohmann::json::parse(std::ifstream("tests/reference/surprise/reference.json"));
  return loaded;
}

// Text of ids whose bytes the tokenizer cuts the same way again.
std::string text_of(const nlohmann::json& ids) {
  std::string text;
  for (const auto& id : ids) text += bundled_model().tokenizer().bytes(id.get<std::int64_t>());
  return text;
}

}  // namespace

TEST_CASE("surprise: bits, ranks and entropies are those of transformers", "[surprise]") {
  CHECK(reference_bits()["model_sha256"] == bundled_model().info().checksum);
  Bench bench("surprise");
  std::size_t compared = 0;
  for (const auto& prompt : reference_bits()["prompts"]) {
    CAPTURE(prompt["name"].get<std::string>());
    const std::string text = text_of(prompt["ids"]);
    const auto ids = prompt["ids"].get<std::vector<std::int64_t>>();
    if (bundled_model().tokenizer().encode(text).ids() != ids) continue;   // ids that no text is cut into
    const Snapshot s = bench.run({{"text", text}});
    for (std::size_t i = 1; i < ids.size(); ++i) {
      CHECK(s.numbers("surprise.bits")[i] == Approx(prompt["bits"][i - 1].get<double>()).margin(2e-3));
      CHECK(s.numbers("surprise.entropy")[i] == Approx(prompt["entropy"][i - 1].get<double>()).margin(2e-3));
      CHECK(s.numbers("expected.p")[i * 5] == Approx(prompt["best_p"][i - 1].get<double>()).margin(1e-3));
      // Ranks far down lie close together.
      const double rank = prompt["rank"][i - 1].get<double>();
      CHECK(s.numbers("surprise.rank")[i] == Approx(rank).epsilon(0.01));
      ++compared;
    }
  }
  CHECK(compared > 100);
}

TEST_CASE("surprise: totals add up, the first token is not predicted, columns fit each other", "[surprise]") {
  const Snapshot s = Bench("surprise").run({{"text", "Привет, мир! 中文 👋🏽 and then some words."}, {"top", "3"}});
  const auto &bits = s.numbers("surprise.bits"), &p = s.numbers("surprise.p"), &rank = s.numbers("surprise.rank");
  const std::size_t n = bits.size();
  CHECK(std::isnan(bits[0]));
  CHECK(std::isnan(s.numbers("running.mean")[0]));
  double sum = 0;
  for (std::size_t i = 1; i < n; ++i) {
    sum += bits[i];
    CHECK(std::exp2(-bits[i]) == Approx(p[i]));
    CHECK(s.numbers("running.mean")[i] == Approx(sum / static_cast<double>(i)));
    const auto& expected = s.numbers("expected.p");
    CHECK(expected[i * 3] >= expected[i * 3 + 1]);
    CHECK(expected[i * 3] >= p[i] - 1e-12);
    CHECK((rank[i] == 1) == (s.numbers("expected.id")[i * 3] == s.numbers("tokens.id")[i]));
  }
  CHECK(number(s, "total.predicted") == static_cast<double>(n - 1));
  CHECK(number(s, "total.bits") == Approx(sum));
  CHECK(number(s, "total.perplexity") == Approx(std::exp2(sum / static_cast<double>(n - 1))));
  // Characters: those of the text without the first token's.
  const Snapshot plain = Bench("surprise").run({{"text", "The cat sat."}});
  CHECK(number(plain, "total.characters") == 12 - 3);
  CHECK(number(plain, "total.bytes") == 12 - 3);
  CHECK(number(plain, "total.per-character") == number(plain, "total.per-byte"));
  const Snapshot russian = Bench("surprise").run({{"text", "x Привет"}});
  CHECK(number(russian, "total.characters") == 7);
  CHECK(number(russian, "total.bytes") == 13);
}

TEST_CASE("surprise: the last token's expectation is the next-token lab's", "[surprise]") {
  const Snapshot s = Bench("surprise").run({{"text", "The capital of France is Paris"}});
  const Snapshot bars = Bench("next-token").run({{"prompt", "The capital of France is"}});
  const auto last = s.numbers("surprise.p").size() - 1;
  CHECK(s.numbers("expected.id")[last * 5] == bars.numbers("bars.id")[0]);
  CHECK(s.numbers("expected.p")[last * 5] == Approx(bars.numbers("bars.p")[0]).margin(1e-5));
  CHECK(s.numbers("surprise.p")[last] == Approx(bars.numbers("bars.p")[0]).margin(1e-5));
}

TEST_CASE("surprise: an edit keeps what stands before it, and gives what a fresh run gives", "[surprise]") {
  Bench bench("surprise");
  std::string text;
  for (int i = 0; i < 60; ++i) text += " one two three four five";   // more than a chunk
  std::size_t partials = 0;
  bench.publish = [&](const Snapshot& s) {
    ++partials;
    CHECK(s.partial);
    CHECK(std::isnan(s.numbers("surprise.bits").back()));
    CHECK(s.numbers("tokens.id").size() == s.numbers("surprise.bits").size());
  };
  const Snapshot first = bench.run({{"text", text}});
  CHECK(partials == 1);
  CHECK(first.tokens_computed == 300);
  const Snapshot again = bench.run({{"text", text}, {"range", "8"}});
  CHECK(again.tokens_computed == 0);
  CHECK(again.numbers("surprise.bits").back() == first.numbers("surprise.bits").back());
  const Snapshot longer = bench.run({{"text", text + " six"}});
  CHECK(longer.tokens_computed == 1);
  const Snapshot edited = bench.run({{"text", " one two zebra four five"}});
  const Snapshot fresh = Bench("surprise").run({{"text", " one two zebra four five"}});
  for (std::size_t i = 1; i < 5; ++i)
    CHECK(edited.numbers("surprise.bits")[i] == Approx(fresh.numbers("surprise.bits")[i]).margin(1e-3));
}

TEST_CASE("surprise: one token, none, too many, and a stop", "[surprise]") {
  Bench bench("surprise");
  const Snapshot one = bench.run({{"text", "Hello"}});
  CHECK(number(one, "total.predicted") == 0);
  CHECK(std::isnan(number(one, "total.mean")));
  CHECK(bench.try_run({{"text", ""}}).error().code == "lab.empty");
  std::string words;
  for (int i = 0; i < 8193; ++i) words += " a";
  CHECK(bench.try_run({{"text", words}}).error().code == "lab.too_long");
  std::stop_source stop;
  stop.request_stop();
  bench.progress.stop = stop.get_token();
  CHECK(bench.try_run({{"text", "Hello there you"}}).error().code == "job.stopped");
  bench.progress = {};
  const Snapshot after = bench.run({{"text", "Hello there you"}});
  CHECK(number(after, "total.predicted") == 2);
}

TEST_CASE("surprise: an intervention changes what follows, is that of the next-token lab, and leaves nothing behind",
          "[surprise]") {
  Bench bench("surprise");
  const std::string text = "The capital of France is Paris";
  const Snapshot plain = bench.run({{"text", text}});
  const auto p_of_last = [](const Snapshot& s) { return s.numbers("surprise.p").back(); };
  for (const char* spec : {"replace-mlp:layer=11,query=0,mode=zero", "logit-bias:token=7042,value=-3",
                           "ablate-head:layer=24,head=*,query=-2"}) {
    CAPTURE(spec);
    // Row -2 of the text is the last row of the prompt without Paris.
    std::string of_prompt = spec;
    if (const auto at = of_prompt.find("query=-2"); at != of_prompt.npos) of_prompt.replace(at, 8, "query=-1");
    const Snapshot s = bench.run({{"text", text}, {"intervene", spec}});
    const Snapshot bars =
        Bench("next-token").run({{"prompt", "The capital of France is"}, {"also", "7042"}, {"intervene", of_prompt}});
    CHECK(p_of_last(s) == Approx(bars.numbers("also.p").at(0)).margin(1e-4));
    CHECK(std::abs(p_of_last(s) - p_of_last(plain)) > 1e-3);
  }
  // A bias at one row says nothing of the rows before it, whatever was there when the text was shorter.
  const Snapshot shorter = bench.run({{"text", "The capital of France"}, {"intervene", "ablate-head:layer=0,head=*,query=-1"}});
  const Snapshot longer = bench.run({{"text", text}, {"intervene", "ablate-head:layer=0,head=*,query=-1"}});
  CHECK(number(shorter, "total.predicted") == 3);
  CHECK(p_of_last(longer) == Approx(p_of_last(plain)).margin(1e-4));
  const Snapshot again = bench.run({{"text", text}});
  CHECK(p_of_last(again) == Approx(p_of_last(plain)).margin(1e-6));
  std::string words;
  for (int i = 0; i < 257; ++i) words += " a";
  CHECK(bench.try_run({{"text", words}, {"intervene", "ablate-head:layer=0,head=*"}}).error().code == "lab.too_long");
  CHECK(bench.try_run({{"text", text}, {"intervene", "ablate-head:layer=99,head=*"}})
            .error().code.starts_with("intervention."));
}
