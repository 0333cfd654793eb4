// The labs attribution, graph, heads and lens: against what PyTorch computed from the same file, against other paths
// through the engine, and what must come out whatever the weights.
#include <numeric>
#include <set>

#include "tests/labs/analysis_fixture.h"

using namespace tb;
using namespace tb::testing;

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
  const std::vector<Texts> questions = {{{"prompt", "x"}, {"answer", ""}, {"other", ""}},
                                        {{"prompt", "Пожалуйста, объясни мне"}, {"answer", ""}, {"other", " the"}},
                                        {{"query", "3"}, {"answer", ""}, {"other", ""}},
                                        {{"prompt", "To be or not to"}, {"answer", "be"}, {"other", "do"}}};
  for (const Texts& texts : questions) {
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
    const std::string at = std::to_string(layer);
    const std::string part = kind[i] == "head"  ? "parts.heads[" + at + "," + std::to_string(head) + "]"
                             : kind[i] == "mlp" ? "parts.mlps[" + at + "]"
                                                : "";
    if (!part.empty()) CHECK(s.numbers("node.value")[i] == Approx(number(parts, part)).margin(1e-4));
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
      const std::string place = std::to_string(query) + "," + std::to_string(key);
      const double p = number(pattern, "attention.pattern[4," + place + "]");
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

TEST_CASE("lens: translated, it ends as the model does and is nearer to it before", "[analysis-labs]") {
  Bench bench("lens");
  int fits = 0;
  bench.progress.report = [&](double done, std::string_view stage) { fits += stage == "translator" && done == 1; };
  const Texts prompt = {{"prompt", clean_text}, {"top", "3"}};
  const Snapshot plain = bench.run(prompt);
  CHECK(number(plain, "lens.fitted") == 0);
  CHECK(fits == 0);
  Texts texts = prompt;
  texts["translated"] = "true";
  const Snapshot translated = bench.run(texts);
  CHECK(number(translated, "lens.fitted") > 1000);
  CHECK(fits == 1);
  CHECK(translated.numbers("lens.kl").back() == 0);
  for (int k = 0; k < 3; ++k)
    CHECK(number(translated, "lens.p[30," + std::to_string(k) + "]") ==
          number(plain, "lens.p[30," + std::to_string(k) + "]"));
  const auto sum = [](const Snapshot& s) {
    const auto& kl = s.numbers("lens.kl");
    return std::accumulate(kl.begin(), kl.end(), 0.0);
  };
  INFO("plain " << sum(plain) << ", translated " << sum(translated) << " bits over all steps");
  CHECK(sum(translated) < 0.6 * sum(plain));   // as in the analysis, over held-out text
  // A short context takes the beginning of each paragraph.
  const Snapshot tiny = Bench("lens", tiny_model()).run({{"prompt", "abcab"}, {"translated", "true"}});
  CHECK(number(tiny, "lens.fitted") == 12 * tiny_model().info().context);
  // It is kept: another row is read through the same one.
  texts["query"] = "5";
  CHECK(bench.run(texts).tokens_computed == 0);
  CHECK(fits == 1);
}

TEST_CASE("lens: each column of the grid is what the lens says of that row alone", "[analysis-labs]") {
  Bench bench("lens");
  Texts texts = {{"prompt", clean_text}, {"top", "20"}};
  CHECK(bench.run(texts).find("grid.p") == nullptr);
  texts["view"] = "grid";
  texts["step"] = "12";
  const Snapshot grid = bench.run(texts);
  const auto rows = static_cast<std::int64_t>(grid.texts("tokens.text").size());
  REQUIRE(grid.find("grid.p")->shape == std::vector<std::int64_t>{31, rows});
  CHECK(number(grid, "grid.first") == 0);
  CHECK(number(grid, "grid.step") == 12);
  Bench alone("lens");
  for (const std::int64_t row : {std::int64_t{0}, std::int64_t{4}, rows - 1}) {
    const Snapshot one = alone.run({{"prompt", clean_text}, {"top", "20"}, {"query", std::to_string(row)}});
    for (std::int64_t step = 0; step <= 30; ++step) {
      CAPTURE(row, step);
      const auto at = static_cast<std::size_t>(step * rows + row), first = static_cast<std::size_t>(step * 20);
      CHECK(grid.numbers("grid.id")[at] == one.numbers("lens.id")[first]);
      CHECK(grid.numbers("grid.p")[at] == one.numbers("lens.p")[first]);
      const auto begin = one.numbers("lens.id").begin() + step * 20;
      const auto place = std::find(begin, begin + 20, one.numbers("lens.id")[30 * 20]) - begin;
      CHECK(std::min(grid.numbers("grid.rank")[at], 20.0) == place);   // 20: not among those listed
    }
  }
  texts["query"] = "2";
  CHECK(bench.run(texts).tokens_computed == 0);

  // Of a long text there is a window, in which the chosen row always is.
  std::string words;
  for (int i = 0; i < 40; ++i) words += " word";
  for (const auto& [query, first] : std::map<std::string, double>{{"0", 0}, {"20", 8}, {"-1", 16}}) {
    const Snapshot wide = bench.run({{"prompt", words}, {"view", "grid"}, {"query", query}});
    CHECK(number(wide, "grid.first") == first);
    CHECK(wide.find("grid.p")->shape == std::vector<std::int64_t>{31, 24});
  }
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
  const Snapshot patched =
      Bench("patching").run({{"clean", "Paris"}, {"corrupted", "Rome"}, {"right", ""}, {"wrong", " the"}});
  CHECK(number(patched, "map.recovery[0,0]") == Approx(1).margin(1e-3));
  CHECK(Bench("graph").try_run({{"prompt", ""}}).error().code == "lab.empty");
}
