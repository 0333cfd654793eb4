// The labs cache and neighbours: against the engine's own buffers, PyTorch's cosine of the same table, and what must
// hold for any text.
#include "tests/labs/analysis_fixture.h"

using namespace tb;
using namespace tb::testing;

TEST_CASE("cache: an appended text keeps all rows, an edit drops those from its place on", "[cache]") {
  Bench bench("cache");
  const Snapshot appended = bench.run({{"before", "The capital of France"}, {"text", "The capital of France is Paris"}});
  CHECK(number(appended, "count.kept") == 4);
  CHECK(number(appended, "count.dropped") == 0);
  CHECK(number(appended, "count.computed") == 2);
  CHECK(appended.numbers("before.kept") == std::vector<double>{1, 1, 1, 1});
  CHECK(appended.numbers("tokens.reused") == std::vector<double>{1, 1, 1, 1, 0, 0});
  const Snapshot edited = bench.run({{"before", "The capital of France is"}, {"text", "The capital of Italy is"}});
  CHECK(edited.numbers("before.kept") == std::vector<double>{1, 1, 1, 0, 0});
  CHECK(edited.numbers("tokens.reused") == std::vector<double>{1, 1, 1, 0, 0});
  const Snapshot other = bench.run({{"before", "Hello"}, {"text", "The cat"}});
  CHECK(number(other, "count.kept") == 0);
  CHECK(number(other, "count.dropped") == 1);

  // Bytes as the engine takes them, and half of them in 16 bits.
  Context context(bundled_model());
  REQUIRE(context.run(std::vector<std::int64_t>{1}, Probes(), {}, {}));
  CHECK(number(edited, "size.token") * static_cast<double>(context.capacity()) ==
        static_cast<double>(context.cache_bytes()));
  CHECK(number(bench.run({{"number", "bfloat16"}}), "size.token") == 23040);
  CHECK(number(edited, "work.without") > 3 * number(edited, "work.with"));
  CHECK(edited.numbers("time.with").size() == edited.numbers("time.length").size());
  CHECK(bench.try_run({{"before", ""}}).error().where == "before");
}

TEST_CASE("neighbours: the table's cosines are PyTorch's, and contexts part what the table joins", "[neighbours]") {
  Bench bench("neighbours");
  const Snapshot s = bench.run({});
  const at::Tensor table = unpacked(bundled_model().transformer().weights().embedding);
  const auto token = static_cast<std::int64_t>(number(s, "token.id[0]"));
  CHECK(s.texts("token.text")[0] == " bank");
  const at::Tensor cosines = at::cosine_similarity(table, table[token].unsqueeze(0), 1);
  const at::Tensor best = std::get<0>(cosines.topk(11));
  for (std::int64_t i = 0; i < 10; ++i) {
    const auto id = static_cast<std::int64_t>(s.numbers("near.id")[i]);
    CHECK(s.numbers("near.cosine")[i] == Approx(best[i + 1].item<double>()).margin(1e-5));
    CHECK(s.numbers("near.cosine")[i] == Approx(cosines[id].item<double>()).margin(1e-5));
    CHECK(s.numbers("near.norm")[i] == Approx(table[id].norm().item<double>()));
    CHECK(id != token);
  }
  double pairs = 0;
  for (const double count : s.numbers("baseline.histogram")) pairs += count;
  CHECK(pairs == 20000);
  CHECK(number(s, "baseline.low") < number(s, "baseline.mean"));
  CHECK(number(s, "baseline.mean") < number(s, "baseline.high"));
  CHECK(number(s, "baseline.high") < number(s, "baseline.most"));

  // One row in the table, two vectors behind it; and in one and the same text no difference at all.
  CHECK(s.numbers("layers.same")[0] == Approx(1));
  CHECK(s.numbers("layers.same").back() < 0.95);
  const Snapshot twice = bench.run({{"first", "She went to the bank."}, {"second", "She went to the bank."}});
  for (const double cosine : twice.numbers("layers.same")) CHECK(cosine == Approx(1).margin(1e-6));
  CHECK(number(twice, "layer.near.text[0]") == 1);
  CHECK(number(twice, "layer.near.cosine[0]") == Approx(1).margin(1e-6));
  CHECK(bench.run({{"layer", "3"}, {"first", "She went to the bank."}, {"second", "She went to the bank."}})
            .tokens_computed == 0);

  CHECK(bench.try_run({{"token", "unbelievably long"}}).error().code == "neighbours.token");
  CHECK(bench.try_run({{"token", ""}}).error().code == "lab.empty");
  CHECK(bench.try_run({{"second", "No such word here"}}).error().code == "neighbours.absent");
  CHECK(bench.try_run({{"first", ""}}).error().code == "lab.empty");
  // A text of the token alone has no one to be near to but its other self.
  CHECK(bench.run({{"first", " bank"}, {"second", " bank"}}).numbers("layer.near.cosine").size() == 1);
}
