// The lab anatomy: against transformers' residual stream, against the engine's own counts, and what must hold for any
// model.
#include <numeric>

#include "labs/anatomy/parts.h"
#include "labs/anatomy/timing.h"
#include "tests/labs/analysis_fixture.h"
#include "tests/labs/smollm2_reference.h"

using namespace tb;
using namespace tb::testing;

namespace {

double of_part(const Snapshot& s, const std::string& column, const std::string& part) {
  const auto& names = s.texts("parts.name");
  const auto at = std::find(names.begin(), names.end(), part) - names.begin();
  return s.numbers(column).at(static_cast<std::size_t>(at));
}

double sum_of_parts(const Snapshot& s, const std::string& column) {
  double sum = 0;
  for (const std::string& part : s.texts("parts.name"))
    if (part != "block" && part != "attn" && part != "mlp")
      sum += of_part(s, column, part) * of_part(s, "parts.times", part);
  return sum;
}

// Every column but those that are measured.
std::vector<std::pair<std::string, std::vector<double>>> steady(const Snapshot& s) {
  std::vector<std::pair<std::string, std::vector<double>>> all;
  for (const Column& column : s.columns)
    if (!column.name.starts_with("time.")) all.emplace_back(column.name, s.numbers(column.name));
  return all;
}

}  // namespace

TEST_CASE("anatomy: the parts hold every parameter and every byte of the model, once", "[anatomy]") {
  for (Model* model : {&bundled_model(), &bundled_model("float32", "dense"), &bundled_model("float32", "blocks"),
                       &tiny_model()}) {
    const Snapshot s = Bench("anatomy", *model).run({{"prompt", "abc"}});
    CHECK(sum_of_parts(s, "parts.parameters") == static_cast<double>(model->info().parameters));
    CHECK(sum_of_parts(s, "parts.dense") ==
          static_cast<double>(model->info().weight_bytes - model->info().block_bytes));
    CHECK(sum_of_parts(s, "parts.blocks") == static_cast<double>(model->info().block_bytes));
    for (const char* column : {"parts.parameters", "parts.dense", "parts.blocks"}) {
      CHECK(of_part(s, column, "attn") + of_part(s, column, "mlp") + of_part(s, column, "norm1") +
                of_part(s, column, "norm2") ==
            of_part(s, column, "block"));
    }
  }
}

TEST_CASE("anatomy: one token's way is that of transformers", "[anatomy]") {
  const Snapshot s = Bench("anatomy").run({{"prompt", "The capital of France is"}});
  const at::Tensor stream = reference().tensor("capital/resid_last").to(at::kDouble);   // [layer + 1, d_model]
  const auto& norm = s.numbers("layers.norm");
  REQUIRE(norm.size() == static_cast<std::size_t>(stream.size(0)));
  for (std::int64_t i = 0; i < stream.size(0); ++i) {
    CHECK(norm[i] == Approx(stream[i].norm().item<double>()).epsilon(1e-4));
    if (i == 0) continue;
    const double cosine = at::cosine_similarity(stream[i - 1], stream[i], 0).item<double>();
    CHECK(s.numbers("layers.cosine")[i - 1] == Approx(cosine).margin(1e-4));
  }
  // The block's own numbers, too.
  const Snapshot block = Bench("anatomy").run({{"prompt", "The capital of France is"}, {"part", "blocks.7"}});
  const auto& values = block.numbers("vector.values");
  REQUIRE(values.size() == 576);
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    worst = std::max(worst, std::abs(values[i] - stream[8][static_cast<std::int64_t>(i)].item<double>()));
  CHECK(worst < 1e-3);
  CHECK(number(block, "vector.norm") == Approx(norm[8]));
  // And the head's: the next token's logits.
  const Snapshot head = Bench("anatomy").run({{"prompt", "The capital of France is"}, {"part", "head"}});
  const at::Tensor logits = reference().tensor("capital/last_logits");
  CHECK(number(head, "largest.value[0]") == Approx(logits.max().item<double>()).margin(tolerance));
  CHECK(number(head, "largest.id[0]") == static_cast<double>(logits.argmax().item<std::int64_t>()));
  CHECK(number(head, "vector.mean") == Approx(logits.mean().item<double>()).margin(tolerance));
  CHECK(head.numbers("vector.values").empty());
}

TEST_CASE("anatomy: the spread is that of the tokens' own ways", "[anatomy]") {
  Bench bench("anatomy");
  const std::string text = "The capital of France is";   // five tokens
  std::vector<std::vector<double>> norms, cosines;
  Snapshot s;
  for (int query = 1; query < 5; ++query) {
    s = bench.run({{"prompt", text}, {"query", std::to_string(query)}});
    norms.push_back(s.numbers("layers.norm"));
    cosines.push_back(s.numbers("layers.cosine"));
  }
  for (const auto& [column, ways] : {std::pair("spread.norm", norms), std::pair("spread.cosine", cosines)}) {
    const auto& spread = s.numbers(column);
    REQUIRE(spread.size() == 3 * ways[0].size());
    for (std::size_t step = 0; step < ways[0].size(); ++step) {
      std::vector<double> of_step;
      for (const auto& way : ways) of_step.push_back(way[step]);
      std::sort(of_step.begin(), of_step.end());
      CHECK(spread[3 * step] == Approx(of_step[0]).margin(1e-6));
      CHECK(spread[3 * step + 1] == Approx(of_step[1]).margin(1e-6));   // of four, the lower one in the middle
      CHECK(spread[3 * step + 2] == Approx(of_step[3]).margin(1e-6));
    }
  }
  CHECK(bench.run({{"prompt", "The"}}).numbers("spread.norm").empty());
}

TEST_CASE("anatomy: any part of any family, at any token, shows the numbers of its point", "[anatomy]") {
  for (Model* model : {&bundled_model(), &tiny_model()}) {
    const Config& config = model->transformer().config();
    Bench bench("anatomy", *model);
    Context context(*model);
    const std::vector<std::int64_t> ids = model->tokenizer().encode("a b c").ids();
    REQUIRE(context.run(ids, Probes::of(config, std::vector<std::string>{"*"}).value(), {}, {}));
    const std::int64_t layer = config.n_layers - 1, query = 1;
    for (const Part& part : parts_of(config)) {
      CAPTURE(part.name);
      const std::string name = name_of(PartPlace{part, part.in_block ? layer : -1});
      const Snapshot s = bench.run({{"prompt", "a b c"}, {"part", name}, {"query", "1"}});
      CHECK(s.texts("part.name")[0] == name);
      CHECK(!s.texts("part.formula")[0].empty());
      at::Tensor point = context.point(name_of(part.point, part.in_block ? layer : -1)).to(at::kDouble);
      point = is_square(part.point) ? point.select(1, query).slice(1, 0, query + 1) : point.select(0, query);
      CHECK(number(s, "vector.norm") == Approx(point.norm().item<double>()).epsilon(1e-4).margin(1e-6));
      CHECK(number(s, "vector.size") == static_cast<double>(point.numel()));
      double weights = s.numbers("part.shape").empty() ? 0 : 1;
      for (const double size : s.numbers("part.shape")) weights *= size;
      if (!config.qkv_bias && !holds_others(part) && !(config.tied_head && part.name == "head"))
        CHECK(number(s, "part.parameters") == weights);
    }
  }
}

TEST_CASE("anatomy: only what is measured differs from run to run", "[anatomy]") {
  const Texts texts = {{"prompt", "To be or not to"}, {"part", "blocks.3.mlp.act"}, {"query", "2"}};
  const Snapshot first = Bench("anatomy").run(texts), second = Bench("anatomy").run(texts);
  CHECK(steady(first) == steady(second));
  double sum = 0;
  for (const double share : first.numbers("time.share")) {
    CHECK(share >= 0);
    sum += share;
  }
  CHECK(sum == Approx(1));
  CHECK(number(first, "time.passes") >= 1);
  CHECK(first.texts("time.name") == second.texts("time.name"));
  for (const Part& part : parts_of(bundled_model().transformer().config())) {
    const auto& names = first.texts("time.name");
    if (!holds_others(part)) CHECK(std::count(names.begin(), names.end(), timed_with(part.name)) == 1);
  }
}

TEST_CASE("anatomy: another part of the same block computes no token, and wrong input is told", "[anatomy]") {
  Bench bench("anatomy");
  CHECK(bench.run({{"part", "blocks.5.attn.q"}}).tokens_computed == 5);
  CHECK(bench.run({{"part", "blocks.5.mlp.up"}}).tokens_computed == 0);
  CHECK(bench.run({{"part", "blocks.5.mlp.up"}, {"query", "-40"}}).numbers("query")[0] == 0);
  const auto wrong = bench.try_run({{"part", "blocks.5.atn.q"}});
  REQUIRE(!wrong);
  CHECK(wrong.error().code == "anatomy.part");
  CHECK(wrong.error().args.at(1).starts_with("blocks."));
  CHECK(bench.try_run({{"part", "blocks.30.attn.q"}}).error().code == "anatomy.part");
  CHECK(bench.try_run({{"prompt", ""}}).error().code == "lab.empty");
  std::string words;
  for (int i = 0; i < 65; ++i) words += " word";
  CHECK(bench.try_run({{"prompt", words}}).error().code == "lab.too_long");
  CHECK(Bench("anatomy", tiny_model()).try_run({{"prompt", "ab"}, {"part", "blocks.2"}}).error().code == "anatomy.part");
}
