// `check --sanitize`: each file of sanitize/ does one thing that the language leaves undefined, in the line that ends with
// "// here", and begins with "// expect: REASON DETAIL". What is found there is told with that line, in both languages.
#include <atomic>
#include <future>

#include <nlohmann/json.hpp>

#include "labs/exercise/report.h"
#include "labs/exercise/undefined.h"
#include "tests/exercise/rig.h"

using namespace tb;
using namespace tb::exercise;

namespace {

namespace fs = std::filesystem;

struct Wrong {
  std::string name, source, expected, exercise;
  int line = 0;
};

std::vector<Wrong> wrong_ones() {
  std::vector<Wrong> list;
  for (const auto& file : fs::directory_iterator(fs::path(TEXTBOOK_SOURCE_DIR) / "tests/exercise/sanitize")) {
    const auto source = need(read_file(file.path()));
    constexpr std::string_view mark = "// expect: ";
    const auto here = source.find("// here");
    REQUIRE(source.starts_with(mark));
    REQUIRE(here != std::string::npos);
    const auto line = 1 + std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(here), '\n');
    const auto name = source.find("\nvoid ") + 6;
    list.push_back({file.path().stem().string(), source, source.substr(mark.size(), source.find('\n') - mark.size()),
                    source.substr(name, source.find('(', name) - name), static_cast<int>(line)});
  }
  return list;
}

Verdict look_closely(Toolchain& toolchain, const Exercise& exercise, std::string_view source) {
  return need(judge(toolchain, exercise, source, exercise.id + ".cpp", {.sanitize = true}));
}

// "softmax.cpp:7 outside 3 / 3" of the first case that fails.
std::string finding(const Verdict& verdict) {
  for (const auto& one : verdict.cases) {
    const auto& outcome = one.outcome;
    if (!one.passed()) return outcome.file + ":" + std::to_string(outcome.line) + " " + outcome.reason + " " + outcome.detail;
  }
  return "nothing";
}

}  // namespace

TEST_CASE("What the language leaves undefined is named with its line", "[exercise]") {
  const auto list = wrong_ones();
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    auto toolchain = Toolchain::open();
    if (!toolchain) return toolchain.error().code;
    std::string surprises;
    for (std::size_t i = next++; i < list.size(); i = next++) {
      const auto& one = list[i];
      const auto exercise = find_exercise(textbook_root() / "chapters", one.exercise);
      if (!exercise) return exercise.error().code;
      const auto verdict = judge(*toolchain, *exercise, one.source, one.exercise + ".cpp", {.sanitize = true});
      const auto expected = one.exercise + ".cpp:" + std::to_string(one.line) + " " + one.expected;
      const auto found = verdict ? finding(*verdict) : verdict.error().code;
      if (!found.starts_with(expected)) surprises += one.name + ": " + found + ", not " + expected + "\n";
      if (verdict && verdict->passed()) surprises += one.name + " passes\n";
    }
    return surprises;
  };
  auto other = std::async(std::launch::async, work);
  const auto own = work();
  CHECK(own + other.get() == "");
}

TEST_CASE("A finding is told in words, with its place, in text and in JSON", "[exercise]") {
  const auto exercise = need(find_exercise(textbook_root() / "chapters", "softmax"));
  Verdict verdict;
  verdict.exercise = "softmax";
  verdict.compiled = verdict.sanitized = true;
  const auto told = [&](const char* lang, const char* reason, const char* detail) {
    verdict.cases = {{"three", 4, {}, ""}};
    verdict.cases[0].outcome.reason = reason;
    verdict.cases[0].outcome.detail = detail;
    verdict.cases[0].outcome.file = "softmax.cpp";
    verdict.cases[0].outcome.line = 7;
    const auto strings = need(Strings::load(textbook_root() / "assets/strings", lang));
    const auto texts = need(read_texts(exercise, lang));
    const auto json = nlohmann::json::parse(report_json(verdict, {texts, strings}));
    CHECK(json["sanitized"] == true);
    CHECK(json["reason"] == reason);
    CHECK(json["cases"][0]["line"] == 7);
    CHECK(json["cases"][0]["detail"] == detail);
    const auto hint = json["cases"][0]["hint"].get<std::string>();
    CHECK(report_text(verdict, {texts, strings}).find(hint) != std::string::npos);
    return hint;
  };
  CHECK(told("en", "outside", "7 / 5") == "softmax.cpp:7: Index 7 does not exist: there are 5, counted from 0.");
  CHECK(told("ru", "outside", "7 / 5") == "softmax.cpp:7: Индекса 7 нет: всего их 5, счёт с нуля.");
  CHECK(told("en", "outside", "-1 / 3 logits") == "softmax.cpp:7: Index -1 of `logits` does not exist: there are 3, counted from 0.");
  CHECK(told("en", "outside", "2 / 2 columns") == "softmax.cpp:7: Column 2 does not exist: there are 2, counted from 0.");
  CHECK(told("ru", "outside", "!this->empty()") == "softmax.cpp:7: Нужен первый или последний элемент, а внутри пусто.");
  CHECK(told("en", "signed-overflow", "1 + 2147483647 (int)") ==
        "softmax.cpp:7: A number with a sign does not fit into its type: 1 + 2147483647 (int).");
}

TEST_CASE("What the learner's process says about itself is read with care", "[exercise]") {
  const auto reads = [](std::string_view said) {
    auto input = in("logits", Floats{1, 2, 3});
    auto result = out("probabilities", {3});
    const auto failure = undefined_behaviour(said, {input, scalar("epsilon", 1), result});
    return failure.reason + " " + failure.detail;
  };
  CHECK(reads("argument: 0 0 3 3") == "outside 3 / 3 logits");
  CHECK(reads("argument: 1 0 -1 3") == "outside -1 / 3 probabilities");
  CHECK(reads("argument: 1 7 -1 3") == "undefined 1 7 -1 3");                  // there is no such argument
  CHECK(reads("changed-input: 0 0") == "changed-input logits");
  CHECK(reads("out-of-bounds-index: Index 4 out of bounds for type 'float [4]'") == "outside 4 / 4");
  CHECK(reads("misaligned-pointer-use: Load of misaligned address") == "undefined Load of misaligned address");
  CHECK(reads("") == "undefined ");
  CHECK(reads("argument: ") == "undefined argument");
}

TEST_CASE("A right solution stays right where it is looked at closely, and warns of nothing", "[exercise]") {
  auto toolchain = need(Toolchain::open());
  for (const char* id : {"softmax", "bpe_merge", "attention"}) {   // the others: sanitize_all_test
    const auto exercise = need(find_exercise(textbook_root() / "chapters", id));
    const auto verdict = look_closely(toolchain, exercise, need(read_file(exercise.file("solution.cpp"))));
    CAPTURE(id, finding(verdict));
    CHECK(verdict.passed());
    CHECK(verdict.points == verdict.most);
    CHECK(verdict.diagnostics.empty());
  }
}

TEST_CASE("A value that may not be set, where it does no harm, is a warning and no failure", "[exercise]") {
  auto toolchain = need(Toolchain::open());
  const auto exercise = need(find_exercise(textbook_root() / "chapters", "softmax"));
  auto source = need(read_file(exercise.file("solution.cpp")));
  source.insert(source.rfind('}'), "  int unset;\n  if (logits.size() > 1000) probabilities[0] = static_cast<float>(unset);\n");
  const auto verdict = look_closely(toolchain, exercise, source);
  CAPTURE(finding(verdict));
  CHECK(verdict.passed());
  REQUIRE_FALSE(verdict.diagnostics.empty());
  CHECK(verdict.diagnostics.front().plain == "uninitialised");
  CHECK_FALSE(verdict.diagnostics.front().error);
}
