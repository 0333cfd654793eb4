// Activation patching: what must come out whatever the weights, and the same answers by a full forward pass.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "labs/model/analysis/patching.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

constexpr std::int64_t mary = 5099, john = 2322;

const std::shared_ptr<Model>& tiny_model() {
  static const std::shared_ptr<Model> model = [] {
    LoadOptions options;
    options.path = "tests/reference/qwen3-tiny/tiny.gguf";
    options.device = "cpu";
    return Model::load(options, {}).value();
  }();
  return model;
}

// The texts differ at 3 and 5.
const PatchTask tiny_task = {{4, 5, 6, 7, 4, 5, 9, 11}, {4, 5, 6, 70, 4, 50, 9, 11}, {9, 100}};

Patching tiny_patching(PatchTask task = tiny_task) {
  auto patching = Patching::of(*tiny_model(), task, {});
  if (!patching) throw std::runtime_error(patching.error().code);
  return std::move(*patching);
}

std::vector<std::int64_t> all(std::int64_t n) {
  std::vector<std::int64_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

double patched(Patching& patching, Point point, std::int64_t layer, const std::vector<std::int64_t>& rows,
               const std::vector<std::int64_t>& heads = {}) {
  return patching.patched(point, layer, rows, heads, {}).value();
}

// The answer at the last row of a whole run without cache, in which `change` has its way at one point.
double answer(const std::vector<std::int64_t>& ids,
              const std::function<at::Tensor(Point, std::int64_t, at::Tensor)>& change) {
  const Transformer& transformer = tiny_model()->transformer();
  Run run{.watch = change};
  const at::Tensor logits = transformer.logits(transformer.forward(at::tensor(ids, at::kLong), run));
  return (logits[-1][9] - logits[-1][100]).item<double>();
}

// The same patch without any short way: the clean run's rows, seen by one full run, put into another.
double patched_by_hand(Point point, std::int64_t layer, const std::vector<std::int64_t>& rows,
                       const std::vector<std::int64_t>& heads) {
  at::Tensor clean;
  answer(tiny_task.clean, [&](Point at, std::int64_t l, at::Tensor x) {
    if (at == point && l == layer) clean = x.clone();
    return x;
  });
  return answer(tiny_task.corrupted, [&](Point at, std::int64_t l, at::Tensor x) {
    if (at != point || l != layer) return x;
    x = x.clone();
    for (const std::int64_t row : rows) {
      if (heads.empty()) x[row].copy_(clean[row]);
      for (const std::int64_t head : heads) x[row][head].copy_(clean[row][head]);
    }
    return x;
  });
}

}  // namespace

TEST_CASE("Patching every row of the stream gives the clean answer, at any layer", "[patching]") {
  Patching patching = tiny_patching();
  CHECK(patching.tokens() == 8);
  CHECK(patching.first_difference() == 3);
  for (const std::int64_t layer : {0, 1}) {
    CHECK(patching.recovery(patched(patching, Point::resid_pre, layer, all(8))) == Approx(1).margin(1e-4));
    CHECK(patching.recovery(patched(patching, Point::resid_pre, layer, {})) == 0);
  }
}

TEST_CASE("Patching the tokens that differ gives the clean answer; what is the same before them gives nothing",
          "[patching]") {
  Patching patching = tiny_patching();
  CHECK(patching.recovery(patched(patching, Point::resid_pre, 0, {3, 5})) == Approx(1).margin(1e-4));
  for (const Point point : {Point::resid_pre, Point::attn_out, Point::mlp_out, Point::z})
    for (const std::int64_t row : {0, 1, 2}) CHECK(patching.recovery(patched(patching, point, 1, {row})) == 0);
  // At layer 0 the rows 4, 6 and 7 are embeddings of the same tokens.
  for (const std::int64_t row : {4, 6, 7})
    CHECK(patching.recovery(patched(patching, Point::resid_pre, 0, {row})) == Approx(0).margin(1e-4));
}

TEST_CASE("The short way, from one layer and row on, gives what a full run gives", "[patching]") {
  Patching patching = tiny_patching();
  double worst = 0;
  const auto compare = [&](Point point, std::int64_t layer, const std::vector<std::int64_t>& rows,
                           const std::vector<std::int64_t>& heads = {}) {
    const double error = patched(patching, point, layer, rows, heads) - patched_by_hand(point, layer, rows, heads);
    worst = std::max(worst, std::abs(error));
  };
  for (const std::int64_t layer : {1, 0}) {   // in any order: each patch leaves the corrupted run as it was
    for (const Point point : {Point::resid_pre, Point::attn_out, Point::mlp_out, Point::z})
      for (const std::vector<std::int64_t>& rows :
           std::vector<std::vector<std::int64_t>>{{5}, {3}, {7}, {6, 4}, {2, 5}, all(8)})
        compare(point, layer, rows);
    for (std::int64_t head = 0; head < 4; ++head) compare(Point::z, layer, {4, 6, 7}, {head});
    compare(Point::z, layer, {7}, {0, 3});
  }
  INFO(worst);
  CHECK(worst < 1e-4);
  CHECK(patching.clean() == Approx(answer(tiny_task.clean, {})).margin(1e-4));
  CHECK(patching.corrupted() == Approx(answer(tiny_task.corrupted, {})).margin(1e-4));
}

TEST_CASE("An answer before the end: later rows do not matter", "[patching]") {
  PatchTask task = tiny_task;
  task.position = 4;
  Patching patching = tiny_patching(task);
  CHECK(patching.tokens() == 5);
  PatchTask shorter = tiny_task;
  shorter.clean.resize(5);
  shorter.corrupted.resize(5);
  Patching same = tiny_patching(shorter);
  CHECK(patching.clean() == Approx(same.clean()).margin(1e-4));
  CHECK(patched(patching, Point::mlp_out, 1, {4}) == Approx(patched(same, Point::mlp_out, 1, {4})).margin(1e-4));
}

TEST_CASE("Maps: every cell is its patch, filled layer by layer from the last", "[patching]") {
  Patching patching = tiny_patching();
  std::vector<PatchMap> partial;
  std::vector<double> progress;
  int yields = 0;
  PatchWatch watch;
  watch.progress.report = [&](double done, std::string_view) { progress.push_back(done); };
  watch.partial = [&](const PatchMap& map) { partial.push_back(map); };
  watch.yield = [&] { ++yields; };
  const auto map = patch_positions(patching, Point::attn_out, watch);
  REQUIRE(map);
  CHECK(map->layers == 2);
  CHECK(map->columns == 8);
  for (std::int64_t layer = 0; layer < 2; ++layer)
    for (std::int64_t row = 0; row < 8; ++row)
      CHECK(map->recovery[layer * 8 + row] ==
            Approx(patching.recovery(patched(patching, Point::attn_out, layer, {row}))).margin(1e-6));
  REQUIRE(partial.size() == 1);
  CHECK(std::isnan(partial[0].recovery[3]));
  CHECK(partial[0].recovery[8 + 3] == map->recovery[8 + 3]);
  CHECK(yields == 2);
  CHECK(progress.size() == 16);
  CHECK(std::is_sorted(progress.begin(), progress.end()));
  CHECK(progress.back() == 1);

  const auto heads = patch_heads(patching, {}, {});
  REQUIRE(heads);
  CHECK(heads->columns == 4);
  CHECK(heads->recovery[4 + 2] == Approx(patching.recovery(patched(patching, Point::z, 1, all(8), {2}))).margin(1e-6));
  const std::vector<std::int64_t> last = {7};
  CHECK(patch_heads(patching, last, {})->recovery[1] ==
        Approx(patching.recovery(patched(patching, Point::z, 0, {7}, {1}))).margin(1e-6));
}

TEST_CASE("A stopped map is an error, and leaves nothing behind", "[patching]") {
  Patching patching = tiny_patching();
  const double before = patched(patching, Point::mlp_out, 0, {3});
  std::stop_source source;
  PatchWatch watch;
  watch.progress.stop = source.get_token();
  int cells = 0;
  watch.progress.report = [&](double, std::string_view) {
    if (++cells == 12) source.request_stop();   // in the second layer, at a row after the first difference
  };
  const auto map = patch_positions(patching, Point::resid_pre, watch);
  REQUIRE_FALSE(map);
  CHECK(map.error().code == "job.stopped");
  CHECK(cells == 12);
  CHECK(patched(patching, Point::mlp_out, 0, {3}) == before);
  CHECK(Patching::of(*tiny_model(), tiny_task, watch.progress).error().code == "job.stopped");
}

TEST_CASE("Patches that make no sense are errors", "[patching]") {
  const auto refused = [&](std::vector<std::int64_t> clean, std::vector<std::int64_t> corrupted, Question question,
                           std::int64_t position = -1) {
    const auto patching = Patching::of(*tiny_model(), {std::move(clean), std::move(corrupted), question, position}, {});
    return patching ? "" : patching.error().code;
  };
  CHECK(refused({}, {1}, {1, 2}) == "run.empty");
  CHECK(refused({1, 2}, {1}, {1, 2}) == "patching.length");
  CHECK(refused({1, 2}, {1, 2}, {1, 2}) == "patching.same");
  CHECK(refused({1, 2, 3}, {1, 2, 4}, {1, 2}, 1) == "patching.same");   // they differ after the row that is read
  CHECK(refused({1, 2}, {1, 3}, {7, 7}) == "patching.same");
  CHECK(refused({1, 2}, {1, 999}, {1, 2}) == "run.id");
  CHECK(refused({1, 2}, {1, 3}, {1, 999}) == "run.id");
  CHECK(refused({1, 2}, {1, 3}, {1, 2}, 2) == "analysis.position");
  CHECK(refused(std::vector<std::int64_t>(129, 1), std::vector<std::int64_t>(129, 2), {1, 2}) == "run.too_long");

  Patching patching = tiny_patching();
  const auto code = [&](Point point, std::int64_t layer, std::vector<std::int64_t> rows,
                        std::vector<std::int64_t> heads = {}) {
    return patching.patched(point, layer, rows, heads, {}).error().code;
  };
  CHECK(code(Point::pattern, 0, {3}) == "patching.point");
  CHECK(code(Point::resid_pre, 2, {3}) == "analysis.layer");
  CHECK(code(Point::resid_pre, 0, {8}) == "analysis.position");
  CHECK(code(Point::resid_pre, 0, {-1}) == "analysis.position");
  CHECK(code(Point::z, 0, {3}, {4}) == "patching.head");
  CHECK(code(Point::resid_pre, 0, {3}, {0}) == "patching.head");   // the stream has no heads
}
