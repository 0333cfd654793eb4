// The lab patching: against what PyTorch computed from the same file, against interventions that patch, and what must
// come out whatever the weights.
#include "labs/engine.h"
#include "labs/model/source.h"
#include "tests/labs/analysis_fixture.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

const char* const corrupted_text = "When John and Mary went to the store, Mary gave a drink to";
const std::vector<std::int64_t>& corrupted_ids() {
  static const auto ids = bundled_model().tokenizer().encode(corrupted_text).ids();
  return ids;
}

const Texts tiny_patching = {{"clean", "abcab"}, {"corrupted", "abdab"}, {"right", "c"}, {"wrong", "d"}};

// The lab as a chapter opens it, with the session that holds its map.
Bench& recorded_map() {
  static Bench bench("patching");
  return bench;
}

}  // namespace

TEST_CASE("patching: the map is PyTorch's, and its identities hold", "[analysis-labs]") {
  Bench& bench = recorded_map();
  const Snapshot s = bench.run({});   // the presets are the recorded texts
  CHECK(s.numbers("clean.id") == numbers(recorded()["clean"]));
  CHECK(s.numbers("corrupted.id") == numbers(recorded()["corrupted"]));
  CHECK(number(s, "right.id[0]") == recorded()["target"].get<double>());
  CHECK(number(s, "wrong.id[0]") == recorded()["foil"].get<double>());
  const double clean = recorded()["answer"], corrupted = recorded()["corrupted_answer"];
  CHECK(number(s, "answer.clean") == Approx(clean).margin(tolerance));
  CHECK(number(s, "answer.corrupted") == Approx(corrupted).margin(tolerance));
  const auto recovery = [&](const Snapshot& map, std::int64_t layer, std::int64_t column) {
    return number(map, "map.recovery[" + std::to_string(layer) + "," + std::to_string(column) + "]");
  };
  REQUIRE(s.find("map.recovery")->shape == std::vector<std::int64_t>{30, 14});
  for (const auto& [layer, answers] : recorded()["maps"].items())
    for (std::int64_t row = 0; row < 14; ++row)
      CHECK(recovery(s, std::stol(layer), row) ==
            Approx((answers[row].get<double>() - corrupted) / (clean - corrupted)).margin(tolerance));

  // Before the texts differ there is nothing to recover; at the embedding the token that differs is all there is; at
  // the last layer only the row that is read counts.
  CHECK(number(s, "map.first") == 9);
  for (std::int64_t layer = 0; layer < 30; ++layer)
    for (std::int64_t row = 0; row < 9; ++row) CHECK(recovery(s, layer, row) == 0);
  CHECK(recovery(s, 0, 9) == Approx(1).margin(1e-3));
  for (std::int64_t row = 10; row < 14; ++row) CHECK(recovery(s, 0, row) == Approx(0).margin(1e-3));

  // A choice is a cell of the map, and computes nothing anew.
  const Snapshot chosen = bench.run({{"layer", "15"}, {"column", "13"}});
  CHECK(number(chosen, "chosen.recovery") == recovery(s, 15, 13));
  CHECK(number(chosen, "chosen.answer") ==
        Approx(recorded()["maps"]["15"][13].get<double>()).margin(tolerance));
  CHECK(chosen.numbers("map.recovery") == s.numbers("map.recovery"));
}

TEST_CASE("patching: an intervention patch-from gives the answer that the map says", "[analysis-labs]") {
  // Through contexts and typed interventions, in the corrupted text, with the clean run as their source.
  Context clean(tiny_model());
  const std::vector<std::string> points = {"blocks.*.resid_pre", "blocks.*.attn_out", "blocks.*.mlp_out",
                                           "blocks.*.attn.z"};
  const auto ids = [&](const char* key) { return tiny_model().tokenizer().encode(tiny_patching.at(key)).ids(); };
  REQUIRE(clean.run(ids("clean"), Probes::of(tiny_model(), points).value(), {}, {}));
  const auto source = Source::of(clean);
  Bench bench("patching", tiny_model());
  const Config& config = tiny_model().transformer().config();
  for (const auto& [component, point] : std::map<std::string, std::string>{
           {"resid", "resid_pre"}, {"attn", "attn_out"}, {"mlp", "mlp_out"}, {"heads", "attn.z"}}) {
    Texts texts = tiny_patching;
    texts["component"] = component;
    const Snapshot s = bench.run(texts);
    const auto right = static_cast<std::int64_t>(number(s, "right.id[0]"));
    const auto wrong = static_cast<std::int64_t>(number(s, "wrong.id[0]"));
    const double before = number(s, "answer.corrupted"), range = number(s, "answer.clean") - before;
    const auto& shape = s.find("map.recovery")->shape;
    double largest = 0;
    for (std::int64_t layer = 0; layer < shape[0]; ++layer)
      for (std::int64_t column = 0; column < shape[1]; ++column) {
        const std::string spec = "patch-from:layer=" + std::to_string(layer) + ",point=" + point +
                                 (component == "heads" ? ",head=" : ",query=") + std::to_string(column);
        Context patched(tiny_model());
        const std::vector<Intervention> edits = {Intervention::parse(spec, config, source).value()};
        REQUIRE(patched.run(ids("corrupted"), Probes(), edits, {}));
        const at::Tensor logits = patched.last_logits();
        const double answer = (logits[right] - logits[wrong]).item<double>();
        const double recovery = s.numbers("map.recovery")[layer * shape[1] + column];
        INFO(spec);
        CHECK(recovery * range + before == Approx(answer).margin(tolerance));
        largest = std::max(largest, std::abs(recovery));
      }
    INFO(component);
    CHECK(largest > 0.01);   // there was something to compare
  }
}

TEST_CASE("patching: `trace --intervene patch-from` of two files gives a cell of the map", "[analysis-labs]") {
  const TemporaryFolder folder;
  const std::string source = (folder.path / "clean.safetensors").string();
  const std::string out = (folder.path / "patched.safetensors").string();
  const auto traced = [&](const std::vector<std::int64_t>& ids, std::vector<std::string> points,
                          std::vector<std::string> specs, const std::string& file) {
    return torch_engine().trace(bundled_model(), {ids, std::move(points), std::move(specs), file}, {});
  };
  REQUIRE(traced(store, {"blocks.15.resid_pre", "blocks.23.attn.z"}, {}, source));
  const auto answer = [&](const std::string& spec) {
    REQUIRE(traced(corrupted_ids(), {"logits"}, {spec + ",file=" + source}, out));
    const at::Tensor logits = Source::open(out).value()->find("logits");   // [pos, vocab]
    return (logits[-1][5099] - logits[-1][2322]).item<double>();
  };
  const Snapshot map = recorded_map().run({{"layer", "15"}, {"column", "13"}});
  CHECK(answer("patch-from:point=resid_pre,layer=15,query=13") ==
        Approx(number(map, "chosen.answer")).margin(tolerance));
  // And PyTorch's number for one head in every row.
  for (const auto& patch : recorded()["patched"])
    if (patch["point"] == "z" && patch["layer"] == 23)
      CHECK(answer("patch-from:point=attn.z,layer=23,head=3") ==
            Approx(patch["answer"].get<double>()).margin(tolerance));
}

TEST_CASE("patching: every layer is shown as it is done, and a stopped map goes on where it was", "[analysis-labs]") {
  Bench whole("patching", tiny_model());
  std::vector<Snapshot> partial;
  whole.publish = [&](Snapshot snapshot) { partial.push_back(std::move(snapshot)); };
  const Snapshot s = whole.run(tiny_patching);
  CHECK_FALSE(s.partial);
  CHECK(missing(s, "map.recovery") == 0);
  REQUIRE(partial.size() == 1);   // of two layers
  CHECK(partial[0].partial);
  CHECK(missing(partial[0], "map.recovery") == 5);
  CHECK(std::isnan(partial[0].numbers("map.recovery")[0]));
  CHECK(partial[0].numbers("map.recovery")[7] == s.numbers("map.recovery")[7]);

  // Stopped in the second layer: the first is kept, and the rest is what it would have been.
  Bench stopped("patching", tiny_model());
  std::stop_source source;
  int cells = 0;
  stopped.progress.stop = source.get_token();
  stopped.progress.report = [&](double, std::string_view stage) {
    if (stage == "patching" && ++cells == 7) source.request_stop();
  };
  const auto refused = stopped.try_run(tiny_patching);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "job.stopped");
  std::vector<double> progress;
  stopped.progress = {};
  stopped.progress.report = [&](double done, std::string_view stage) {
    if (stage == "patching") progress.push_back(done);
  };
  const Snapshot again = stopped.run(tiny_patching);
  CHECK(progress.size() == 5);
  CHECK(progress.back() == 1);
  CHECK(largest_gap(again.numbers("map.recovery"), s.numbers("map.recovery")) < 1e-6);
  // Nothing is left to compute for a component that is done.
  progress.clear();
  Texts other = tiny_patching;
  other["component"] = "mlp";
  stopped.run(other);
  CHECK(progress.size() == 10);
  progress.clear();
  CHECK(stopped.run(tiny_patching).numbers("map.recovery") == again.numbers("map.recovery"));
  CHECK(progress.empty());
}

TEST_CASE("patching: what cannot be asked is an error that says why", "[analysis-labs]") {
  Bench bench("patching");
  const auto code = [&](Texts texts) {
    const auto result = bench.try_run(texts);
    return result ? std::string() : result.error().code + " " + result.error().where;
  };
  CHECK(code({{"clean", ""}}) == "lab.empty clean");
  CHECK(code({{"corrupted", ""}}) == "lab.empty corrupted");
  CHECK(code({{"corrupted", "When Mary gave a drink to"}}) == "patching.length corrupted");
  CHECK(code({{"corrupted", clean_text}}) == "patching.same corrupted");
  CHECK(code({{"right", "рассмотрительствующий"}}) == "answer.tokens right");
  CHECK(code({{"wrong", "two words"}}) == "answer.tokens wrong");
  CHECK(code({{"wrong", " Mary"}}) == "answer.same wrong");
  std::string long_text;
  for (int i = 0; i < 65; ++i) long_text += " a";
  CHECK(code({{"clean", long_text}}) == "lab.too_long clean");
  // The pieces are named, so that a learner sees why.
  CHECK(bench.try_run({{"wrong", "two words"}}).error().args ==
        std::vector<std::string>{"two words", "two |  words"});
}
