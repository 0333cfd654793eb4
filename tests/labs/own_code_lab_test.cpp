// The lab of the learner's own function, and the labs of a program whose model runs on one.
#include <cstdlib>

#include "labs/exercise/exercise.h"
#include "labs/functions.h"
#include "tests/labs/lab_bench.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

// The learner's data folder, for as long as a test runs.
struct Data {
  TemporaryFolder folder;
  std::string before = std::getenv("TEXTBOOK_DATA") ? std::getenv("TEXTBOOK_DATA") : "";
  Data() { ::setenv("TEXTBOOK_DATA", folder.path.c_str(), 1); }
  ~Data() { before.empty() ? ::unsetenv("TEXTBOOK_DATA") : ::setenv("TEXTBOOK_DATA", before.c_str(), 1); }
  void write(const std::string& exercise, const std::string& source) {
    const auto file = exercise::workspace_file(exercise);
    std::filesystem::create_directories(file.parent_path());
    REQUIRE(write_file(file, source));
  }
};

double number(const Snapshot& snapshot, const char* column) { return snapshot.numbers(column).at(0); }
std::string code_of(Bench& bench, const Texts& texts) {
  const auto result = bench.try_run(texts);
  return result ? "" : result.error().code;
}
std::string source(const std::string& name) {
  const auto found = exercise::find_exercise(textbook_root() / "chapters", "softmax");
  return *read_file(found->file(name));
}

const char* const crashing = R"(#include "exercise.h"
void softmax(std::span<const float>, std::span<float>) { std::abort(); })";

}  // namespace

TEST_CASE("own-code: the solution computes what the model does, and off is the same to the bit") {
  Bench bench("own-code");
  const Snapshot on = bench.run({{"code", "solution"}});
  CHECK(number(on, "logits.difference") < tolerance);
  CHECK(number(on, "first.layer") == -1);
  CHECK(number(on, "calls.count") == 30);
  CHECK(on.texts("ended.reason").empty());
  CHECK(on.texts("bars.text").at(0) == " Paris");
  const Snapshot off = bench.run({{"on", "false"}});
  CHECK(number(off, "logits.difference") == 0);
  CHECK(number(off, "logits.equal") == 49152);
  CHECK(number(off, "calls.count") == 0);
}

TEST_CASE("own-code: a mistake shows where it begins") {
  Bench bench("own-code");
  const Snapshot wrong = bench.run({{"exercise", "attention"}, {"code", "mistake"}, {"mistake", "unscaled"}});
  CHECK(number(wrong, "first.layer") == 0);
  CHECK(number(wrong, "first.difference") > 0);
  CHECK(number(wrong, "logits.difference") > 1);
  // chapters/03-attention/exercises/attention/en.md: from 77 % to 0.01 %
  CHECK(number(wrong, "bars.ours") == Approx(0.77).margin(0.005));
  CHECK(number(wrong, "bars.theirs") < 0.001);
  CHECK(code_of(bench, {{"code", "mistake"}, {"mistake", "unscaled"}}) == "own-code.mistake");   // of another exercise
}

TEST_CASE("own-code: the learner's file, as it is now") {
  Data data;
  Bench bench("own-code");
  CHECK(code_of(bench, {{"code", "mine"}}) == "own-code.unstarted");
  data.write("softmax", source("wrong/not-normalised.cpp"));
  CHECK(number(bench.run({{"code", "mine"}}), "logits.difference") > 0.1);
  data.write("softmax", source("solution.cpp"));
  CHECK(number(bench.run({{"code", "mine"}}), "logits.difference") < tolerance);
  data.write("softmax", "void softmax(");
  CHECK(code_of(bench, {{"code", "mine"}}) == "own-code.compile");
  data.write("softmax", crashing);
  for (int twice = 0; twice < 2; ++twice) {   // each run tries again
    const Snapshot crashed = bench.run({{"code", "mine"}});
    CHECK(crashed.texts("ended.reason").at(0) == "crash");
    CHECK(number(crashed, "ended.layer") == 0);
    CHECK(number(crashed, "logits.difference") == 0);
  }
}

TEST_CASE("every lab of the program runs on the functions in use, and off means off") {
  Bench bench("next-token");
  const auto labs = labs_on_functions();
  const auto found = std::ranges::find_if(labs, [](const Lab* lab) { return lab->type() == "next-token"; });
  REQUIRE(found != labs.end());
  const Inputs inputs = *parse((*found)->fields(&bench.model), {}, "");
  const auto p = [&] {
    Job job{.inputs = inputs, .model = &bench.model, .kept = bench.session};
    const auto snapshot = (*found)->run(job);
    REQUIRE(snapshot);
    return *snapshot;
  };
  const Snapshot before = p();
  CHECK(p().tokens_computed == 0);             // what it keeps, it keeps behind the switch too

  FunctionEngine& engine = function_engine();
  auto wrong = engine.compile("softmax", source("wrong/not-normalised.cpp"));
  REQUIRE(wrong);
  engine.use({*wrong});
  const Snapshot with = p();
  CHECK(with.tokens_computed == before.tokens_computed);
  CHECK(with.numbers("bars.logit") != before.numbers("bars.logit"));
  CHECK((*wrong)->report().calls == 30);

  // One that fails while it is in use: ours serves from there on.
  auto crash = engine.compile("softmax", crashing);
  REQUIRE(crash);
  engine.use({*crash});
  CHECK(p().numbers("bars.logit") == before.numbers("bars.logit"));
  CHECK((*crash)->report().reason == "crash");
  CHECK(p().numbers("bars.logit") == before.numbers("bars.logit"));

  engine.use({});
  CHECK(p().numbers("bars.logit") == before.numbers("bars.logit"));
}
