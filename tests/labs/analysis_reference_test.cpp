// Lens, attribution, rollout, scores and patching of one prompt, against PyTorch on the same file
// (tests/reference/analysis/record.py). All of it is float32 on both sides: 5e-4 on logits.
#include <cmath>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "labs/model/analysis/attribution.h"
#include "labs/model/analysis/lens.h"
#include "labs/model/analysis/patching.h"
#include "labs/model/analysis/patterns.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

const nlohmann::json& recorded() {
  static const auto loaded = nlohmann::json::parse(std::ifstream("tests/reference/analysis/reference.json"));
  return loaded;
}
std::vector<std::int64_t> ids(const char* name) { return recorded().at(name).get<std::vector<std::int64_t>>(); }
at::Tensor numbers(const nlohmann::json& list) { return at::tensor(list.get<std::vector<double>>(), at::kDouble); }
Question question() { return {recorded().at("target"), recorded().at("foil").get<std::int64_t>()}; }

const Context& clean_run() {
  static const Context context = [] {
    Context run(bundled_model());
    const Config& config = bundled_model().transformer().config();
    std::vector<std::string> points = attribution_points(config);
    for (const std::string& point : lens_points(config)) points.push_back(point);
    const auto report = run.run(ids("clean"), Probes::of(bundled_model(), points).value(), {}, {});
    if (!report) throw std::runtime_error(report.error().code);
    return run;
  }();
  return context;
}

}  // namespace

TEST_CASE("The reference is of this model file and of this prompt", "[analysis-reference]") {
  CHECK(recorded()["model_sha256"] == bundled_model().info().checksum);
  CHECK(ids("clean") == store);
}

TEST_CASE("The lens agrees with PyTorch", "[analysis-reference]") {
  const auto lens = logit_lens(bundled_model().transformer(), clean_run(), -1, 1);
  REQUIRE(lens);
  const auto& theirs = recorded()["lens"];
  CHECK(lens->depth == theirs["depth"].get<std::int64_t>());
  for (std::size_t i = 0; i < lens->steps.size(); ++i) {
    INFO("after " << i << " blocks");
    CHECK(lens->steps[i].ids[0] == theirs["top1"][i].get<std::int64_t>());
    CHECK(lens->steps[i].p[0] == Approx(theirs["p"][i].get<double>()).margin(1e-4));
    CHECK(lens->steps[i].kl == Approx(theirs["kl"][i].get<double>()).epsilon(1e-4).margin(1e-4));
  }
}

TEST_CASE("Attribution agrees with PyTorch", "[analysis-reference]") {
  const Transformer& transformer = bundled_model().transformer();
  const auto parts = attribute(transformer, clean_run(), question());
  REQUIRE(parts);
  const auto& theirs = recorded()["attribution"];
  const double heads = largest_difference(parts->heads.select(-1, 13).flatten(), numbers(theirs["heads"]));
  const double mlps = largest_difference(parts->mlps.select(-1, 13), numbers(theirs["mlps"]));
  const auto sources = attribute_sources(transformer, clean_run(), theirs["source_layer"], question());
  REQUIRE(sources);
  const double by_source = largest_difference(sources->select(1, 13).flatten(), numbers(theirs["sources"]));
  WARN("attribution differs from PyTorch by " << heads << " (heads), " << mlps << " (MLPs), " << by_source
       << " (sources) logits at most");
  CHECK(heads < tolerance);
  CHECK(mlps < tolerance);
  CHECK(by_source < tolerance);
  CHECK(parts->embedding[13].item<double>() == Approx(theirs["embedding"].get<double>()).margin(1e-5));
  CHECK(parts->answer[13].item<double>() == Approx(recorded()["answer"].get<double>()).margin(tolerance));
}

TEST_CASE("Rollout, entropy and scores agree with PyTorch", "[analysis-reference]") {
  const Config& config = bundled_model().transformer().config();
  std::vector<at::Tensor> patterns;
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer)
    patterns.push_back(clean_run().point(block_point(layer, "attn.pattern")));
  const at::Tensor rolled = attention_rollout(at::stack(patterns));
  const auto& theirs = recorded()["rollout"];
  REQUIRE(theirs.size() == 6);
  for (std::size_t i = 0; i < theirs.size(); ++i)
    CHECK(largest_difference(rolled[4 + 5 * i][13], numbers(theirs[i])) < 1e-5);

  const auto scores = head_scores(config, clean_run());
  REQUIRE(scores);
  CHECK(largest_difference(scores->previous.flatten(), numbers(recorded()["scores"]["previous"])) < 1e-4);
  CHECK(largest_difference(scores->sink.flatten(), numbers(recorded()["scores"]["sink"])) < 1e-4);
  const at::Tensor bits = pattern_entropy(at::stack(patterns)).select(-1, 13);
  CHECK(largest_difference(bits.flatten(), numbers(recorded()["scores"]["entropy"])) < 1e-3);
}

TEST_CASE("Patched answers agree with PyTorch", "[analysis-reference]") {
  auto patching = Patching::of(bundled_model(), {ids("clean"), ids("corrupted"), question()}, {});
  REQUIRE(patching);
  CHECK(patching->clean() == Approx(recorded()["answer"].get<double>()).margin(tolerance));
  CHECK(patching->corrupted() == Approx(recorded()["corrupted_answer"].get<double>()).margin(tolerance));
  const std::map<std::string, Point> points = {{"resid_pre", Point::resid_pre}, {"attn_out", Point::attn_out},
                                               {"mlp_out", Point::mlp_out}, {"z", Point::z}};
  double worst = 0;
  for (const auto& patch : recorded()["patched"]) {
    const auto rows = patch["rows"].get<std::vector<std::int64_t>>();
    const auto heads = patch["heads"].get<std::vector<std::int64_t>>();
    const auto answer = patching->patched(points.at(patch["point"]), patch["layer"], rows, heads, {});
    REQUIRE(answer);
    const double error = std::abs(*answer - patch["answer"].get<double>());
    INFO(patch.dump() << ": " << error);
    CHECK(error < tolerance);
    worst = std::max(worst, error);
  }
  for (const auto& [layer, answers] : recorded()["maps"].items()) {
    for (std::int64_t row = 0; row < 14; ++row) {
      const auto answer = patching->patched(Point::resid_pre, std::stol(layer), {&row, 1}, {}, {});
      REQUIRE(answer);
      worst = std::max(worst, std::abs(*answer - answers[row].get<double>()));
    }
  }
  WARN("patched answers differ from PyTorch by " << worst << " logits at most, tolerance " << tolerance);
  CHECK(worst < tolerance);
}
