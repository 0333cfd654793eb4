// The lab configuration: against the totals that the models' authors publish, and against the engine on a loaded file.
#include "labs/configuration/cost.h"
#include "labs/configuration/presets.h"
#include "tests/labs/analysis_fixture.h"

using namespace tb;
using namespace tb::testing;

TEST_CASE("configuration: published configurations give the published numbers of parameters", "[configuration]") {
  // The model cards: "0.6B, of these 0.44B are no embeddings", and so on, in billions as printed there.
  struct Card { const char* name; double all, without_embeddings; };
  const Card cards[] = {{"qwen3-0.6b", 0.6, 0.44}, {"qwen3-1.7b", 1.7, 1.4},   {"qwen3-4b", 4.0, 3.6},
                        {"qwen3-8b", 8.2, 6.95},   {"qwen3-14b", 14.8, 13.2}, {"qwen3-32b", 32.8, 31.2}};
  Bench bench("configuration");
  for (const Card& card : cards) {
    CAPTURE(card.name);
    const Snapshot s = bench.run({{"preset", card.name}, {"bandwidth", "100"}});
    const auto& parts = s.numbers("parts.value");
    const double all = number(s, "total.value"), tables = parts[0] + parts[4];
    CHECK(all / 1e9 == Approx(card.all).margin(0.05));
    for (std::size_t i = 0; i < parts.size(); ++i) CHECK(s.numbers("parts.share")[i] * all == Approx(parts[i]));
    CHECK((all - tables) / 1e9 == Approx(card.without_embeddings).margin(card.all < 1 ? 0.005 : 0.05));
    CHECK(s.texts("preset.source")[0].starts_with("huggingface.co/Qwen/"));
  }
  // Numbers in the files themselves, where they are known to the last one.
  CHECK(number(bench.run({{"preset", "qwen3-0.6b"}, {"bandwidth", "1"}}), "total.value") == 596049920);
  CHECK(number(bench.run({{"preset", "qwen3-32b"}, {"bandwidth", "1"}}), "total.value") == 32762123264);
}

TEST_CASE("configuration: the published SmolLM2 is the loaded file", "[configuration]") {
  Bench bench("configuration");
  const Snapshot loaded = bench.run({{"bandwidth", "20"}});
  const Snapshot published = bench.run({{"preset", "smollm2-135m"}, {"bandwidth", "20"}});
  for (const Column& column : published.columns)
    if (std::holds_alternative<std::vector<double>>(column.data))
      CHECK(loaded.numbers(column.name) == published.numbers(column.name));
  CHECK(number(loaded, "total.value") == static_cast<double>(bundled_model().info().parameters));
  const Snapshot tiny = Bench("configuration", tiny_model()).run({{"bandwidth", "20"}});
  CHECK(number(tiny, "total.value") == static_cast<double>(tiny_model().info().parameters));
}

TEST_CASE("configuration: cache, work and bound are what the engine holds and multiplies", "[configuration]") {
  Bench bench("configuration");
  const Snapshot s = bench.run({{"form", "float32"}, {"context", "64"}, {"bandwidth", "20"}});
  Context context(bundled_model());
  REQUIRE(context.run(std::vector<std::int64_t>{1}, Probes(), {}, {}));
  const double per_token = static_cast<double>(context.cache_bytes()) / static_cast<double>(context.capacity());
  CHECK(number(s, "cache.token") == per_token);
  CHECK(number(s, "cache.value") == 64 * per_token);

  const Weights& weights = bundled_model().transformer().weights();
  double products = static_cast<double>(weights.head.out() * weights.head.in());
  for (const Block& block : weights.blocks)
    for (const Matrix* matrix : {&block.qkv, &block.out, &block.gate_up, &block.down})
      products += static_cast<double>(matrix->out() * matrix->in());
  CHECK(number(s, "work.products") == products);
  CHECK(number(s, "work.attention") == 2.0 * 30 * 9 * 64 * 64);
  CHECK(number(s, "work.value") == products + number(s, "work.attention"));
  CHECK(number(s, "weights.value") == 4.0 * static_cast<double>(bundled_model().info().parameters));
  CHECK(number(s, "speed.value") == Approx(20e9 / (number(s, "weights.value") + 64 * per_token)));
  CHECK(number(s, "bandwidth.measured") == 0);
  // The same in bfloat16: 2 * 30 * 3 * 64 * 2 bytes.
  CHECK(number(bench.run({{"bandwidth", "20"}}), "cache.token") == 23040);
  // Blocks: those of the file take so many bytes for their numbers.
  const double numbers = static_cast<double>(weights.embedding.out() * weights.embedding.in());
  CHECK(numbers * bytes_of_weight("q8_0") == static_cast<double>(weights.embedding.block_bytes()));
  const Matrix& out = weights.blocks[0].out;
  CHECK(static_cast<double>(out.out() * out.in()) * bytes_of_weight("q4_1") == static_cast<double>(out.block_bytes()));
}

TEST_CASE("configuration: changing one size changes what hangs on it and nothing else", "[configuration]") {
  Bench bench("configuration");
  const auto run = [&](Texts texts) {
    texts["preset"] = "qwen3-0.6b";
    texts["bandwidth"] = "50";
    return bench.run(texts);
  };
  const Snapshot as_published = run({});
  CHECK(as_published.numbers("config.base") == as_published.numbers("config.value"));
  const Snapshot fewer = run({{"layers", "14"}});
  CHECK(number(fewer, "cache.value") * 2 == number(as_published, "cache.value"));
  CHECK(fewer.numbers("parts.value")[1] * 2 == as_published.numbers("parts.value")[1]);
  CHECK(fewer.numbers("parts.value")[0] == as_published.numbers("parts.value")[0]);
  CHECK(fewer.numbers("parts.base") == as_published.numbers("parts.value"));
  CHECK(number(run({{"kv-heads", "1"}}), "cache.value") * 8 == number(as_published, "cache.value"));
  // An untied head costs memory; but of an embedding that is no head, a token reads one row.
  const Snapshot untied = run({{"tied", "no"}});
  CHECK(number(untied, "total.value") - number(as_published, "total.value") == 151936.0 * 1024);
  CHECK(number(untied, "speed.value") == Approx(number(as_published, "speed.value")).epsilon(1e-4));
  const auto &at = as_published.numbers("curve.context"), &cache = as_published.numbers("curve.cache");
  CHECK(at.back() == 4096);
  CHECK(cache.back() == number(as_published, "cache.value"));
  CHECK(as_published.numbers("curve.speed").back() == number(as_published, "speed.value"));
  CHECK(run({{"context", "1"}}).numbers("curve.context") == std::vector<double>{1});
}

TEST_CASE("configuration: what no model can have is told; without a model published ones work", "[configuration]") {
  Bench bench("configuration");
  CHECK(bench.try_run({{"kv-heads", "2"}}).error().code == "configuration.groups");
  CHECK(bench.try_run({{"heads", "4"}, {"kv-heads", "8"}}).error().code == "configuration.groups");
  CHECK(bench.try_run({{"head-width", "63"}}).error().code == "configuration.odd");
  const Lab& lab = lab_of("configuration");
  std::unique_ptr<Session> kept;
  const Inputs published = parse(lab.fields(nullptr), {{"preset", "qwen3-4b"}, {"bandwidth", "10"}}, "").value();
  Job job{.inputs = published, .model = nullptr, .kept = kept};
  CHECK(lab.run(job).has_value());
  const Inputs loaded = parse(lab.fields(nullptr), {}, "").value();
  Job none{.inputs = loaded, .model = nullptr, .kept = kept};
  CHECK(lab.run(none).error().code == "configuration.model");
  // The largest sizes that the fields allow stay exact.
  const Snapshot most = bench.run({{"preset", "qwen3-32b"}, {"layers", "256"}, {"width", "32768"}, {"heads", "256"},
                                   {"kv-heads", "256"}, {"head-width", "512"}, {"mlp", "131072"},
                                   {"vocabulary", "1000000"}, {"context", "1048576"}, {"bandwidth", "0"}});
  CHECK(number(most, "total.value") < 9e15);
  CHECK(number(most, "bandwidth.measured") == 1);
  CHECK(number(most, "bandwidth") >= 0);
}
