// The labs over the analyses: against what PyTorch computed from the same file (tests/reference/analysis), against
// other paths through the engine, and what must come out whatever the weights.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include "labs/engine.h"
#include "labs/model/source.h"
#include "labs/model/transformer.h"
#include "tests/labs/lab_bench.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

const nlohmann::json& recorded() {
  static const auto loaded = nlohmann::json::parse(std::ifstream("tests/reference/analysis/reference.json"));
  return loaded;
}
std::vector<double> numbers(const nlohmann::json& list) { return list.get<std::vector<double>>(); }

const char* const clean_text = "When John and Mary went to the store, John gave a drink to";
const char* const corrupted_text = "When John and Mary went to the store, Mary gave a drink to";
const std::vector<std::int64_t>& corrupted_ids() {
  static const auto ids = bundled_model().tokenizer().encode(corrupted_text).ids();
  return ids;
}

// A second family, with two layers: what is slow on the bundled model is checked here.
Model& tiny_model() {
  static const std::shared_ptr<Model> model = [] {
    LoadOptions options;
    options.path = "tests/reference/qwen3-tiny/tiny.gguf";
    options.device = "cpu";
    return Model::load(options, {}).value();
  }();
  return *model;
}
const Texts tiny_patching = {{"clean", "abcab"}, {"corrupted", "abdab"}, {"right", "c"}, {"wrong", "d"}};

// The lab as a chapter opens it, with the session that holds its map.
Bench& recorded_map() {
  static Bench bench("patching");
  return bench;
}

double number(const Snapshot& snapshot, const std::string& place) { return value_at(snapshot, place).value(); }

double largest_gap(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

std::size_t missing(const Snapshot& snapshot, std::string_view column) {
  const auto& values = snapshot.numbers(column);
  return static_cast<std::size_t>(std::count_if(values.begin(), values.end(), [](double x) { return std::isnan(x); }));
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

TEST_CASE("an answer is the likelier of a word with and without a space, or the model's own", "[analysis-labs]") {
  Bench bench("attribution");
  const auto asked = [&](const char* prompt, const char* answer) {
    return bench.run({{"prompt", prompt}, {"answer", answer}, {"other", ""}}).texts("answer.text")[0];
  };
  CHECK(asked(clean_text, "Mary") == " Mary");
  CHECK(asked(clean_text, " Mary") == " Mary");
  CHECK(asked(clean_text, "") == " Mary");
  CHECK(asked("She likes walk", "ing") == "ing");
  CHECK(asked("The capital of France is", "Paris") == " Paris");
  CHECK(asked("<|im_start|>user\nHello", "<|im_end|>") == "<|im_end|>");
  CHECK(bench.try_run({{"answer", "Mary"}, {"other", " Mary"}}).error().code == "answer.same");
  CHECK(bench.try_run({{"other", "a b"}}).error().where == "other");
}

TEST_CASE("attribution: PyTorch's terms, and their sum is the answer", "[analysis-labs]") {
  Bench bench("attribution");
  const Snapshot s = bench.run({});
  const auto& theirs = recorded()["attribution"];
  CHECK(largest_gap(s.numbers("parts.heads"), numbers(theirs["heads"])) < tolerance);
  CHECK(largest_gap(s.numbers("parts.mlps"), numbers(theirs["mlps"])) < tolerance);
  CHECK(number(s, "parts.embedding") == Approx(theirs["embedding"].get<double>()).margin(1e-5));
  CHECK(number(s, "total.answer") == Approx(recorded()["answer"].get<double>()).margin(tolerance));
  CHECK(s.find("parts.biases") == nullptr);   // this model has none

  // Another head costs no token, and its sources add up to its term.
  const Snapshot head = bench.run({{"layer", "18"}, {"head", "5"}});
  CHECK(head.tokens_computed == 0);
  double sum = 0;
  for (std::int64_t key = 0; key < 14; ++key) {
    sum += number(head, "chosen.sources[" + std::to_string(key) + "]");
    CHECK(number(head, "chosen.sources[" + std::to_string(key) + "]") ==
          Approx(theirs["sources"][5 * 14 + key].get<double>()).margin(tolerance));
  }
  CHECK(sum == Approx(number(head, "parts.heads[18,5]")).margin(1e-4));
}

TEST_CASE("attribution: complete for any text, row and question", "[analysis-labs]") {
  Bench bench("attribution");
  for (const Texts& texts : std::vector<Texts>{{{"prompt", "x"}, {"answer", ""}, {"other", ""}},
                                               {{"prompt", "Пожалуйста, объясни мне"}, {"answer", ""}, {"other", " the"}},
                                               {{"query", "3"}, {"answer", ""}, {"other", ""}},
                                               {{"prompt", "To be or not to"}, {"answer", "be"}, {"other", "do"}}}) {
    const Snapshot s = bench.run(texts);
    const double sum = number(s, "total.sum"), answer = number(s, "total.answer");
    CHECK(std::abs(sum - answer) <= 1e-3 * std::max(1.0, std::abs(answer)));
    CHECK(s.numbers("layers.running").back() == Approx(sum).margin(1e-9));
    CHECK(s.numbers("layers.running").front() == number(s, "parts.embedding"));
    // The chosen head is the one with the largest term.
    double largest = 0;
    for (const double term : s.numbers("parts.heads")) largest = std::max(largest, std::abs(term));
    const std::string place = std::to_string(static_cast<int>(number(s, "chosen.layer"))) + "," +
                              std::to_string(static_cast<int>(number(s, "chosen.head")));
    CHECK(std::abs(number(s, "parts.heads[" + place + "]")) == largest);
  }
  // The answer is the difference of the logits that the next-token lab lists.
  const Texts prompt = {{"prompt", "The capital of France is"}};
  const Snapshot bars = Bench("next-token").run({{"prompt", "The capital of France is"}, {"top", "3"}});
  Texts asked = prompt;
  asked["answer"] = bars.texts("bars.text")[0];
  asked["other"] = bars.texts("bars.text")[2];
  CHECK(number(bench.run(asked), "total.answer") ==
        Approx(bars.numbers("bars.logit")[0] - bars.numbers("bars.logit")[2]).margin(tolerance));
}

TEST_CASE("graph: what is drawn carries what it says, and heads carry their attribution", "[analysis-labs]") {
  Bench bench("graph");
  const Snapshot parts = Bench("attribution").run({});
  const Snapshot s = bench.run({{"edges", "12"}, {"least", "0.2"}});
  const auto& kind = s.texts("node.kind");
  const auto &from = s.numbers("edge.from"), &to = s.numbers("edge.to"), &weight = s.numbers("edge.weight");
  double shown = 0;
  std::size_t sources = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    REQUIRE(to[i] < static_cast<double>(kind.size()));
    const std::string& at = kind[static_cast<std::size_t>(from[i])];
    if (at == "head" || at == "shift") {
      CHECK(weight[i] == s.numbers("node.value")[static_cast<std::size_t>(from[i])]);
      continue;
    }
    ++sources;
    shown += weight[i];
    CHECK(std::abs(weight[i]) >= 0.2);
  }
  CHECK(sources <= 12);
  CHECK(sources >= 3);
  CHECK(number(s, "graph.edges") == static_cast<double>(sources));
  CHECK(number(s, "graph.all") == 270 * 14 + 30 + 1);
  CHECK(number(s, "graph.shown") == Approx(shown));
  CHECK(number(s, "graph.answer") == Approx(recorded()["answer"].get<double>()).margin(tolerance));
  CHECK(kind.back() == "output");
  for (std::size_t i = 0; i < kind.size(); ++i) {
    const auto layer = static_cast<int>(s.numbers("node.layer")[i]), head = static_cast<int>(s.numbers("node.head")[i]);
    if (kind[i] == "head")
      CHECK(s.numbers("node.value")[i] ==
            Approx(number(parts, "parts.heads[" + std::to_string(layer) + "," + std::to_string(head) + "]")).margin(1e-4));
    if (kind[i] == "mlp")
      CHECK(s.numbers("node.value")[i] == Approx(number(parts, "parts.mlps[" + std::to_string(layer) + "]")).margin(1e-4));
    if (kind[i] == "token") CHECK(s.numbers("node.position")[i] < 14);
  }
  // A threshold above everything leaves the output alone; another row of the same text computes no token.
  const Snapshot alone = bench.run({{"least", "2"}, {"edges", "1"}, {"query", "0"}, {"answer", ""}, {"other", ""}});
  CHECK(alone.tokens_computed == 0);
  CHECK(number(alone, "graph.query") == 0);
  CHECK(alone.texts("node.kind").back() == "output");
}

TEST_CASE("heads: scores are PyTorch's; entropy is that of the attention lab's pattern", "[analysis-labs]") {
  Bench bench("heads");
  const Snapshot s = bench.run({});
  CHECK(largest_gap(s.numbers("heads.previous"), numbers(recorded()["scores"]["previous"])) < 1e-4);
  CHECK(largest_gap(s.numbers("heads.sink"), numbers(recorded()["scores"]["sink"])) < 1e-4);
  CHECK(number(s, "heads.rows") == 13);
  CHECK(s.find("heads.knock-out") == nullptr);
  const Snapshot same = bench.run({{"score", "duplicate"}});
  CHECK(same.tokens_computed == 0);
  // " John" and " to" come twice; induction too, since something stands behind each of them.
  CHECK(number(same, "heads.rows") == 2);
  const Snapshot pattern = Bench("attention").run({{"prompt", clean_text}, {"layer", "7"}});
  double bits = 0;
  for (int query = 1; query < 14; ++query)
    for (int key = 0; key <= query; ++key) {
      const double p = number(pattern, "attention.pattern[4," + std::to_string(query) + "," + std::to_string(key) + "]");
      if (p > 0) bits -= p * std::log2(p) / 13;
    }
  CHECK(number(s, "heads.entropy[7,4]") == Approx(bits).margin(1e-3));
  // The chosen head is where the shown score is largest, and its pattern is that head's.
  const auto& previous = s.numbers("heads.previous");
  CHECK(number(s, "chosen.value") == *std::max_element(previous.begin(), previous.end()));
  const Snapshot chosen = bench.run({{"layer", "7"}, {"head", "4"}});
  CHECK(number(chosen, "chosen.pattern[9,3]") == Approx(number(pattern, "attention.pattern[4,9,3]")).margin(1e-5));
}

TEST_CASE("heads: random tokens come twice, and the heads known for induction stand out", "[analysis-labs]") {
  Bench bench("heads");
  const Snapshot s = bench.run({{"random", "true"}, {"score", "induction"}, {"length", "25"}});
  const auto& ids = s.numbers("tokens.id");
  REQUIRE(ids.size() == 50);
  CHECK(std::equal(ids.begin(), ids.begin() + 25, ids.begin() + 25));
  CHECK(std::set<double>(ids.begin(), ids.end()).size() == 25);
  CHECK(number(s, "heads.rows") == 25);
  // Science: transformers on the same file finds 18.6 (.89) and 17.3 (.65), over other random tokens.
  CHECK(number(s, "heads.induction[18,6]") > 0.6);
  CHECK(number(s, "heads.induction[17,3]") > 0.4);
  CHECK(number(s, "chosen.layer") == 18);
  CHECK(number(s, "chosen.head") == 6);
  CHECK(bench.run({{"random", "true"}, {"seed", "2"}}).numbers("tokens.id") != ids);
}

TEST_CASE("heads: knocking out is what ablate-head does, layer by layer", "[analysis-labs]") {
  Bench bench("heads", tiny_model());
  std::vector<Snapshot> partial;
  bench.publish = [&](Snapshot snapshot) { partial.push_back(std::move(snapshot)); };
  const Texts texts = {{"prompt", "abcab"}, {"answer", "c"}, {"other", "d"}, {"score", "knock-out"}};
  const Snapshot s = bench.run(texts);
  REQUIRE(s.find("heads.knock-out")->shape == std::vector<std::int64_t>{2, 4});
  REQUIRE(partial.size() == 1);
  CHECK(missing(partial[0], "heads.knock-out") == 4);
  CHECK(missing(s, "heads.knock-out") == 0);
  const auto answer = static_cast<std::int64_t>(number(s, "answer.id[0]"));
  const auto other = static_cast<std::int64_t>(number(s, "other.id[0]"));
  const auto ids = tiny_model().tokenizer().encode("abcab").ids();
  const auto asked = [&](const std::vector<Intervention>& edits) {
    Context context(tiny_model());
    REQUIRE(context.run(ids, Probes(), edits, {}));
    return (context.last_logits()[answer] - context.last_logits()[other]).item<double>();
  };
  CHECK(number(s, "answer.value") == Approx(asked({})).margin(tolerance));
  double largest = 0;
  for (int layer = 0; layer < 2; ++layer)
    for (int head = 0; head < 4; ++head) {
      const std::string spec = "ablate-head:layer=" + std::to_string(layer) + ",head=" + std::to_string(head);
      const double effect =
          asked({Intervention::parse(spec, tiny_model().transformer().config()).value()}) - asked({});
      CHECK(s.numbers("heads.knock-out")[layer * 4 + head] == Approx(effect).margin(tolerance));
      largest = std::max(largest, std::abs(effect));
    }
  CHECK(largest > 1e-3);
  // Choosing a head knocks out nothing again.
  int reports = 0;
  bench.progress.report = [&](double, std::string_view stage) { reports += stage == "knock-out"; };
  Texts chosen = texts;
  chosen["layer"] = "1";
  chosen["head"] = "2";
  CHECK(number(bench.run(chosen), "chosen.value") == s.numbers("heads.knock-out")[6]);
  CHECK(reports == 0);
}

TEST_CASE("one token, and Russian: every lab has something to show", "[analysis-labs]") {
  for (const char* prompt : {"x", "Пожалуйста, объясни мне"}) {
    INFO(prompt);
    const Texts own = {{"prompt", prompt}, {"answer", ""}, {"other", ""}};
    CHECK(Bench("attribution").try_run(own));
    CHECK(Bench("graph").try_run(own));
    CHECK(Bench("heads").try_run({{"prompt", prompt}}));
    CHECK(Bench("lens").try_run({{"prompt", prompt}}));
  }
  const Snapshot one = Bench("heads").run({{"prompt", "x"}});
  CHECK(number(one, "heads.rows") == 0);
  for (const double score : one.numbers("heads.previous")) CHECK(score == 0);
  // Two texts of one token: what is patched at the embedding is everything.
  const Snapshot patched = Bench("patching").run({{"clean", "Paris"}, {"corrupted", "Rome"}, {"right", ""}, {"wrong", " the"}});
  CHECK(number(patched, "map.recovery[0,0]") == Approx(1).margin(1e-3));
  CHECK(Bench("graph").try_run({{"prompt", ""}}).error().code == "lab.empty");
}
