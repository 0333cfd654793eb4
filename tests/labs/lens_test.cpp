// The logit lens, and the translator: closed forms, and what both show on the bundled model.
#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "labs/model/analysis/lens.h"
#include "labs/model/analysis/translator.h"
#include "tests/labs/model_fixture.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

Context seen(Model& model, const std::vector<std::int64_t>& ids) {
  Context context(model);
  const auto probes = Probes::of(model, lens_points(model.transformer().config()));
  if (!probes) throw std::runtime_error(probes.error().code);
  const auto report = context.run(ids, *probes, {}, {});
  if (!report) throw std::runtime_error(report.error().code);
  return context;
}

// English prose to fit and to test on: the second chapter's tokens, cut in texts of `length`.
std::vector<std::vector<std::int64_t>> texts(std::size_t length, std::size_t count) {
  const std::string prose = read_file("chapters/02-token-logit-probability/en.md").value();
  const auto ids = bundled_model().tokenizer().encode(prose).ids();
  std::vector<std::vector<std::int64_t>> cut;
  for (std::size_t i = 0; i < count && (i + 1) * length <= ids.size(); ++i)
    cut.emplace_back(ids.begin() + i * length, ids.begin() + (i + 1) * length);
  return cut;
}

// Mean over rows of KL(final || lens) in nats.
double divergence(const at::Tensor& final_logits, const at::Tensor& logits) {
  const at::Tensor p = final_logits.to(at::kDouble).log_softmax(-1), q = logits.to(at::kDouble).log_softmax(-1);
  return (p.exp() * (p - q)).sum(-1).mean().item<double>();
}

}  // namespace

TEST_CASE("After the last layer the lens is the model", "[analysis]") {
  Model& model = bundled_model();
  const Context context = seen(model, store);
  const auto stream = stream_of_row(model.transformer().config(), context, -1);
  REQUIRE(stream);
  CHECK(stream->sizes().vec() == std::vector<std::int64_t>{31, 576});
  const at::Tensor logits = lens_logits(model.transformer(), *stream);
  CHECK(logits.sizes().vec() == std::vector<std::int64_t>{31, 49152});
  CHECK(largest_difference(logits[30], context.last_logits()) < tolerance);
  CHECK(largest_difference(logits[12], context.last_logits()) > 1);   // and before it is not
}

TEST_CASE("The lens in numbers: probabilities, entropy, divergence, depth", "[analysis]") {
  Model& model = bundled_model();
  const Context context = seen(model, store);
  const auto lens = logit_lens(model.transformer(), context, -1, 4);
  REQUIRE(lens);
  REQUIRE(lens->steps.size() == 31);
  const at::Tensor logits = lens_logits(model.transformer(), *stream_of_row(model.transformer().config(), context, 13));
  for (const int i : {0, 7, 22, 30}) {
    INFO("after " << i << " blocks");
    const LensStep& step = lens->steps[i];
    const at::Tensor p = logits[i].to(at::kDouble).softmax(-1), all = logits[30].to(at::kDouble).softmax(-1);
    REQUIRE(step.ids.size() == 4);
    CHECK(step.ids[0] == logits[i].argmax().item<std::int64_t>());
    for (int k = 0; k < 4; ++k) CHECK(step.p[k] == Approx(p[step.ids[k]].item<double>()).margin(1e-12));
    CHECK((step.p[0] >= step.p[1] && step.p[1] >= step.p[2] && step.p[2] >= step.p[3]));
    CHECK(step.entropy == Approx(-(p * p.log()).sum().item<double>() / std::log(2)));
    CHECK(step.kl == Approx((all * (all.log() - p.log())).sum().item<double>() / std::log(2)).margin(1e-9));
  }
  CHECK(lens->steps[30].ids[0] == 5099);   // " Mary"
  CHECK(lens->steps[30].kl == 0);
  for (std::size_t i = lens->depth; i < 31; ++i) CHECK(lens->steps[i].ids[0] == 5099);
  CHECK(lens->steps[lens->depth - 1].ids[0] != 5099);
}

TEST_CASE("The decision depth is where the final answer comes to stay", "[analysis]") {
  const auto depth = [](std::vector<std::int64_t> top1) { return decision_depth(top1); };
  CHECK(depth({4, 4, 4}) == 0);
  CHECK(depth({1, 4, 4}) == 1);
  CHECK(depth({4, 4, 1, 4}) == 3);   // it was there before, but did not stay
  CHECK(depth({1, 2, 3}) == 2);
  CHECK(depth({7}) == 0);
}

TEST_CASE("On easy prompts the plain lens decides late", "[analysis]") {
  // Science, E1: median 30 of 30 over 20 easy prompts, earliest 22, for transformers on the same file.
  Model& model = bundled_model();
  std::vector<std::int64_t> depths;
  for (const char* text : {"The capital of France is", "To be or not to", "The opposite of hot is", "A B C D E F",
                           "The Eiffel Tower is in", "One, two, three,", "def add(a, b):\n    return a +"}) {
    const Context context = seen(model, model.tokenizer().encode(text).ids());
    depths.push_back(logit_lens(model.transformer(), context, -1, 1)->depth);
  }
  std::sort(depths.begin(), depths.end());
  CHECK(depths[depths.size() / 2] >= 26);
  CHECK(depths.front() >= 15);
}

TEST_CASE("Ridge regression without noise finds the map", "[analysis]") {
  at::manual_seed(1);
  const at::Tensor scales = at::tensor({1.0, 100.0, 0.01, 5.0, 1.0, 2.0}, at::kDouble);
  const at::Tensor x = at::randn({200, 6}, at::kDouble) * scales + 3;
  const at::Tensor map = at::randn({6, 4}, at::kDouble), bias = at::randn({4}, at::kDouble);
  Ridge ridge(6, 4);
  ridge.add(x.slice(0, 0, 120), x.slice(0, 0, 120).mm(map) + bias, at::ones({120}));
  ridge.add(x.slice(0, 120), x.slice(0, 120).mm(map) + bias, at::rand({80}) + 0.1);   // in pieces, with any weights
  const auto solved = ridge.solve(1e-12);
  REQUIRE(solved);
  CHECK(ridge.rows() == 200);
  CHECK(largest_difference(solved->weight, map) < 1e-6);
  CHECK(largest_difference(solved->bias, bias) < 1e-6);
}

TEST_CASE("Ridge regression of one number in closed form", "[analysis]") {
  // Weights 1, 1, 2 on x = 0, 2, 3 and y = 1, 2, 7: means 2 and 4.25, s_xx = sum w (x - 2)^2 = 4 + 0 + 2, s_xy = sum
  // w (x - 2)(y - 4.25) = 6.5 + 0 + 5.5; the slope is s_xy / (s_xx (1 + r)).
  Ridge ridge(1, 1);
  const auto column = [](std::vector<double> numbers) { return at::tensor(numbers, at::kDouble).view({-1, 1}); };
  ridge.add(column({0, 2, 3}), column({1, 2, 7}), at::tensor({1.0, 1.0, 2.0}, at::kDouble));
  const auto solved = ridge.solve(0.5);
  REQUIRE(solved);
  const double slope = 12.0 / (6.0 * 1.5);
  CHECK(solved->weight.item<double>() == Approx(slope));
  CHECK(solved->bias.item<double>() == Approx(4.25 - 2 * slope));
}

TEST_CASE("What never varies, and too little to fit, still have an answer", "[analysis]") {
  Ridge ridge(2, 1);
  at::Tensor x = at::ones({5, 2}, at::kDouble) * 7;
  x.select(1, 0).copy_(at::arange(5));
  ridge.add(x, x.slice(1, 0, 1) * 2 + 1, at::ones({5}));
  const auto solved = ridge.solve(1e-9);
  REQUIRE(solved);
  CHECK(solved->weight[0].item<double>() == Approx(2));
  CHECK(solved->weight[1].item<double>() == 0);
  CHECK(solved->bias.item<double>() == Approx(1));

  Ridge one(3, 2);   // one row: the mean
  one.add(at::ones({1, 3}), at::full({1, 2}, 4), at::ones({1}));
  CHECK(one.solve(0.1)->weight.abs().max().item<double>() == 0);
  CHECK(largest_difference(one.solve(0.1)->bias, at::full({2}, 4)) < 1e-12);

  Ridge few(30, 1);   // fewer rows than numbers
  at::manual_seed(2);
  few.add(at::randn({10, 30}), at::randn({10, 1}), at::ones({10}));
  CHECK(few.solve(0.01)->weight.isfinite().all().item<bool>());

  CHECK(Ridge(2, 2).solve(0.1).error().code == "translator.rows");
  CHECK(ridge.solve(0).error().code == "translator.ridge");
  CHECK(ridge.solve(NAN).error().code == "translator.ridge");
  Ridge broken(1, 1);
  broken.add(at::full({1, 1}, NAN), at::ones({1, 1}), at::ones({1}));
  CHECK(broken.solve(0.1).error().code == "translator.numbers");
}

TEST_CASE("The translator reads earlier what the plain lens cannot", "[analysis]") {
  // Fitted on some texts, compared on others: KL to the model's own distribution, in nats.
  Model& model = bundled_model();
  const Transformer& transformer = model.transformer();
  const auto prose = texts(128, 12);
  REQUIRE(prose.size() == 12);
  TranslatorFit fit(transformer.config());
  for (std::size_t i = 0; i < 11; ++i) REQUIRE(fit.add(seen(model, prose[i])));
  const auto translator = fit.solve();
  REQUIRE(translator);
  CHECK(translator->rows() == 11 * 128);
  CHECK(translator->layers() == 30);

  const Context held_out = seen(model, prose[11]);
  const auto rows = [&](std::int64_t step) {   // every eighth row
    const std::string name = step < 30 ? block_point(step, "resid_pre") : block_point(29, "resid_post");
    return held_out.point(name).slice(0, 7, 128, 8);
  };
  const at::Tensor last = lens_logits(transformer, rows(30));
  for (const std::int64_t step : {0, 1, 8, 15, 22, 27}) {
    const double plain = divergence(last, lens_logits(transformer, rows(step)));
    const double translated = divergence(last, lens_logits(transformer, translator->translate(rows(step), step)));
    WARN("KL to the final distribution after " << step << " blocks: plain " << plain << ", translated " << translated);
    CHECK(translated < 0.6 * plain);
  }
  // A saved translator is the same when it is loaded; one of another model's shape is refused.
  const TemporaryFolder folder;
  const auto path = folder.path / "translator.safetensors";
  REQUIRE(translator->save(path));
  const auto loaded = Translator::load(path, transformer.config());
  REQUIRE(loaded);
  CHECK(loaded->rows() == translator->rows());
  CHECK(loaded->ridge() == Approx(translator->ridge()));
  CHECK(largest_difference(loaded->translate(rows(8), 8), translator->translate(rows(8), 8)) == 0);
  Config other = transformer.config();
  other.d_model = 64;
  CHECK(Translator::load(path, other).error().code == "translator.file");
  other = transformer.config();
  other.n_layers = 31;
  CHECK(Translator::load(path, other).error().code == "translator.file");
  CHECK_FALSE(Translator::load(folder.path / "missing", other));

  // The last step is the model itself: it stays as it is.
  const at::Tensor stream = *stream_of_row(transformer.config(), held_out, -1);
  CHECK(largest_difference(translator->translate(stream)[30], stream[30]) == 0);
  CHECK(largest_difference(translator->translate(stream)[8], translator->translate(stream.slice(0, 8, 9), 8)[0]) == 0);
}

TEST_CASE("A lens without its points, or outside the text, is an error", "[analysis]") {
  Model& model = bundled_model();
  const Context context = seen(model, {1, 2, 3});
  CHECK(logit_lens(model.transformer(), context, 3, 1).error().code == "analysis.position");
  Context bare(model);
  REQUIRE(bare.run(std::vector<std::int64_t>{1, 2}, Probes(), {}, {}));
  CHECK(logit_lens(model.transformer(), bare, 0, 1).error().code == "analysis.point");
  CHECK(TranslatorFit(model.transformer().config()).add(bare).error().code == "analysis.point");
}
