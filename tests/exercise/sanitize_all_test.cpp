// Every solution and every hostile submission once more, in a sanitizer build: the one stays right, the other without a
// point and named.
#include "labs/exercise/learner.h"
#include "tests/exercise/rig.h"

using namespace tb;
using namespace tb::exercise;

namespace fs = std::filesystem;

TEST_CASE("Every solution stays right under --sanitize", "[exercise]") {
  auto toolchain = need(Toolchain::open());
  for (const auto& exercise : need(all_exercises(textbook_root() / "chapters"))) {
    if (!exercise.model.empty()) continue;   // judged by the running model, which no test here has
    const auto source = need(read_file(exercise.file("solution.cpp")));
    const auto verdict = need(judge(toolchain, exercise, source, exercise.id + ".cpp", {.sanitize = true}));
    CAPTURE(exercise.id, verdict.reason());
    CHECK(verdict.passed());
    CHECK(verdict.diagnostics.empty());
  }
}

// Which reason is named may differ: what the system calls a crash has a cause here.
TEST_CASE("A hostile submission gains nothing by --sanitize", "[exercise]") {
  auto toolchain = need(Toolchain::open());
  auto exercise = need(find_exercise(textbook_root() / "chapters", "softmax"));
  exercise.seconds = 0.1;
  const bool named = need(isolation()).notify;
  for (const auto& file : fs::directory_iterator(fs::path(TEXTBOOK_SOURCE_DIR) / "tests/exercise/hostile")) {
    const auto source = need(read_file(file.path()));
    const auto verdict = need(judge(toolchain, exercise, source, "softmax.cpp", {.cpu_seconds = 2, .sanitize = true}));
    CAPTURE(file.path().stem().string(), verdict.reason());
    CHECK_FALSE(verdict.passed());
    CHECK(verdict.points == 0);
    CHECK_FALSE(verdict.reason().empty());
    if (named && source.find("// expect: forbidden") == 0) CHECK(verdict.reason() == "forbidden");
  }
}
