// The labs of levers: what they say of a lever is what a run with the same intervention says; what is random has the
// same size; and what the sandbox writes down does the same without it.
#include <filesystem>

#include "labs/columns.h"
#include "labs/engine.h"
#include "labs/levers/lever.h"
#include "labs/lora/change.h"
#include "labs/model/lora.h"
#include "tests/labs/context_fixture.h"
#include "tests/labs/lab_bench.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

// Small: two prompts, no adapter.
const Texts film = {{"prompts", "My friends loved the film, I think it is\nSome people loved the book. To me it is"},
                    {"towards", "good"}, {"away", "bad"}, {"neutral", "The city lies on the river."},
                    {"words", "loved"}, {"heads", "10..29.*"}, {"plus", "I love this\nIt is wonderful"},
                    {"minus", "I hate this\nIt is terrible"}, {"layer", "14"}, {"steps", "0"},
                    {"texts", "The film is good\nThe book is good"}};
Texts over(Texts base, const Texts& more) {
  for (const auto& [key, value] : more) base[key] = value;
  return base;
}

double number(const Snapshot& snapshot, const std::string& place) { return value_of(value_at(snapshot, place)); }

// The levers of a lab's inputs, with what the lab would keep.
struct Bundle {
  Inputs inputs;
  std::unique_ptr<Session> unused;
  Job job;
  LeverSession session;
  Levers levers;
  explicit Bundle(const Texts& texts)
      : inputs(value_of(parse(lab_of("levers").fields(&bundled_model()), texts, ""))),
        job{.inputs = inputs, .model = &bundled_model(), .kept = unused}, levers(value_of(Levers::of(job, session))) {}
};

at::Tensor mean_of(const std::vector<std::string>& texts, int layer) {
  at::Tensor sum = at::zeros({576});
  for (const std::string& text : texts) {
    Context context(bundled_model());
    run(context, bundled_model(), bundled_model().tokenizer().encode(text).ids(), {}, {block(layer, "resid_post")});
    sum += context.point(block(layer, "resid_post")).slice(0, 1).mean(0);
  }
  return sum / static_cast<double>(texts.size());
}

}  // namespace

TEST_CASE("levers: a range without an end goes on with the text", "[levers]") {
  const Subject& subject = subjects()[0];
  const auto vector = vector_source(some_vector(subject, 3));
  const std::string open = "add-residual:layer=5,query=1..,value=3,tensor=v";
  Context grown(*subject.model), whole(*subject.model), one(*subject.model), plain(*subject.model);
  run(grown, *subject.model, first(subject.ids, 4), {open}, {}, vector);
  CHECK(run(grown, *subject.model, subject.ids, {open}, {}, vector).reused == 4);
  run(whole, *subject.model, subject.ids, {"add-residual:layer=5,query=1..-1,value=3,tensor=v"}, {}, vector);
  CHECK(largest_difference(grown.last_logits(), whole.last_logits()) < tolerance);
  run(one, *subject.model, first(subject.ids, 1), {open}, {}, vector);
  run(plain, *subject.model, first(subject.ids, 1), {}, {});
  CHECK(at::equal(one.last_logits(), plain.last_logits()));
  CHECK(code_of(parsed(*subject.model, {"bias-key:layer=99..,key=0,value=1"})) == "intervention.range");
  CHECK(code_of(parsed(*subject.model, {"bias-key:key=0..x,value=1"})) == "intervention.number");
}

TEST_CASE("levers: the last layer's vector moves two words' log-odds in a straight line, where the norm is frozen",
          "[levers]") {
  const Tokenizer& tokenizer = bundled_model().tokenizer();
  Meter meter(bundled_model().transformer(),
              value_of(read_task(tokenizer, {.prompts = {"I think it is"}, .towards = "good", .away = "bad",
                                             .neutral = "The city lies on the river."})));
  Context own(bundled_model());
  run(own, bundled_model(), meter.task().prompts[0], {}, {"blocks.29.resid_post"});
  const auto source = Source::of({{"v", some_vector(subjects()[0], 5)},
                                  {"blocks.29.resid_post", own.point("blocks.29.resid_post").clone()}});
  const auto effect = [&](double alpha) {
    Setup setup;
    setup.interventions = value_of(parsed(bundled_model(), {"add-residual:layer=29,query=1..,value=" +
                                                                std::to_string(alpha) + ",tensor=v",
                                                            "freeze-norms:norm=final"}, source));
    return value_of(meter.effects(setup, {}))[0];
  };
  const double one = effect(1);
  CHECK(std::abs(one) > 0.01);
  CHECK(effect(2) == Approx(2 * one).margin(1e-3));
  CHECK(effect(-5) == Approx(-5 * one).margin(2e-3));
}

TEST_CASE("levers: what is random is of equal size", "[levers]") {
  Bundle bundle(over(film, {{"steps", "1"}, {"towards", "good, great, nice"}}));
  Levers& levers = bundle.levers;
  const auto setup_of = [&](Lever lever, double strength, std::optional<std::int64_t> draw) {
    return value_of(levers.setup(lever, strength, draw)).value();
  };
  const double length = value_of(levers.vector_lengths()).first;
  CHECK(length > 0);
  CHECK(largest_difference(value_of(levers.vector()), mean_of({"I love this", "It is wonderful"}, 14) -
                                                          mean_of({"I hate this", "It is terrible"}, 14)) < 1e-3);
  at::Tensor before;
  for (const std::int64_t draw : {0, 1}) {
    const Setup random = setup_of(Lever::steering, 2, draw);
    const at::Tensor v = random.interventions.at(0).source->find("v");
    CHECK(v.norm().item<double>() == Approx(length).epsilon(1e-5));
    if (before.defined()) CHECK_FALSE(at::equal(v, before));
    before = v;
    CHECK(setup_of(Lever::logit_bias, 2, draw).interventions.at(0).tokens.size() == 3);
    CHECK(setup_of(Lever::prompt, 2, draw).prefix.size() == setup_of(Lever::prompt, 2, {}).prefix.size());
    CHECK(setup_of(Lever::prompt, 2, draw).prefix != setup_of(Lever::prompt, 2, {}).prefix);
  }
  const Setup lever = setup_of(Lever::lora, 0.5, {}), random = setup_of(Lever::lora, 0.5, 0);
  const std::int64_t layer = lever.lora->options().layers.front();
  CHECK(change_of(*lever.lora, layer) > 0);
  CHECK(change_of(*random.lora, layer) == Approx(change_of(*lever.lora, layer)).epsilon(1e-6));
  CHECK(change_of(*lever.lora, layer) == Approx(0.5 * change_of(*value_of(levers.adapter()), layer)).epsilon(1e-6));
  CHECK_FALSE(at::equal(lever.lora->pair(layer, Projection::q).b, random.lora->pair(layer, Projection::q).b));
  for (const Lever each : all_levers) {
    const Setup none = setup_of(each, 0, {});
    CHECK(none.prefix.empty());
    CHECK(none.interventions.empty());
    CHECK_FALSE(none.lora);
  }
}

TEST_CASE("levers: each is pulled to the wanted effect, and attention to words that are not there costs nothing",
          "[levers]") {
  Bench bench("levers");
  const Snapshot s = bench.run(over(film, {{"wanted", "1"}, {"controls", "1"}, {"lever", "attention"}}));
  CHECK(number(s, "levers.strength[0]") == Approx(1).margin(0.02));
  CHECK(number(s, "levers.mean[0]") == Approx(number(s, "levers.strength[0]")).margin(1e-5));
  for (int lever = 0; lever < 4; ++lever) {
    const std::string at = "[" + std::to_string(lever) + "]";
    if (number(s, "levers.reached" + at) == 0 || lever == 1) continue;
    CHECK(number(s, "levers.first" + at) >= 1);
    CHECK(number(s, "levers.first" + at) < 1.1);
    CHECK(number(s, "levers.effects[" + std::to_string(lever) + ",0]") ==
          Approx(number(s, "levers.first" + at)).margin(1e-3));
    CHECK(number(s, "levers.kl" + at) >= 0);
  }
  CHECK(number(s, "levers.kl[2]") == 0);
  CHECK(number(s, "levers.nll[2]") == 0);
  CHECK(std::isnan(number(s, "levers.kl[4]")));   // no steps
  CHECK(number(s, "sweep.effect[0]") == 0);
  CHECK(number(s, "sweep.kl[0]") == 0);
  CHECK(s.find("sweep.random-effect")->shape == std::vector<std::int64_t>{1, 9});
  CHECK(bench.try_run(over(film, {{"words", "incomprehensibleness"}})).error().code == "levers.word");
  CHECK(bench.try_run(over(film, {{"plus", ""}})).error().code == "lab.lines");
}

TEST_CASE("steering: all levers off change nothing", "[levers]") {
  Bench bench("steering");
  const Snapshot s = bench.run(over(film, {{"alpha", "0"}, {"length", "4"}}));
  CHECK(number(s, "effect.first") == 0);
  CHECK(number(s, "cost.kl") == 0);
  CHECK(s.numbers("plain.id") == s.numbers("steered.id"));
  CHECK(s.numbers("top.before") == s.numbers("top.after"));
  CHECK(s.texts("setup.spec").empty());
  CHECK(s.texts("setup.folder").empty());
}

TEST_CASE("steering: what it writes down does the same without it", "[levers]") {
  const TemporaryFolder folder;
  const Texts texts = over(film, {{"bias", "0.5"}, {"lines", "1"}, {"attention", "2"}, {"alpha", "1.5"},
                                  {"adapter", "0.5"}, {"steps", "1"}, {"length", "6"}});
  const Inputs inputs = value_of(parse(lab_of("steering").fields(&bundled_model()), texts, ""));
  std::unique_ptr<Session> kept;
  Job job{.inputs = inputs, .model = &bundled_model(), .kept = kept, .folder = folder.path};
  const Snapshot s = value_of(lab_of("steering").run(job));
  const std::filesystem::path at = folder.path / s.texts("setup.folder").at(0);
  for (const char* name : {"run.sh", "prompt.txt", "setup.json", "vector.safetensors", "adapter/adapter_config.json"})
    CHECK(std::filesystem::exists(at / name));

  Steering steering{.interventions = s.texts("setup.spec"), .adapter = (at / "adapter").string()};
  for (std::string& spec : steering.interventions)
    if (const auto file = spec.find("file="); file != std::string::npos)
      spec.replace(file, std::string::npos, "file=" + (at / "vector.safetensors").string());
  GenerateRequest request;
  request.ids = bundled_model().tokenizer().encode(*read_file(at / "prompt.txt")).ids();
  request.max_tokens = 6;
  const Generated generated = value_of(torch_steered_engine().generate(bundled_model(), request, steering, {}));
  const std::vector<double>& ids = s.numbers("steered.id");
  REQUIRE(generated.ids.size() == ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) CHECK(static_cast<double>(generated.ids[i]) == ids[i]);
  const auto place = std::ranges::find(s.numbers("top.id"), static_cast<double>(generated.ids[0])) -
                     s.numbers("top.id").begin();
  CHECK(std::exp(generated.steps[0].logprob) == Approx(s.numbers("top.after")[place]).margin(1e-4));
  CHECK(s.numbers("effect.first")[0] > 0.5);
}
