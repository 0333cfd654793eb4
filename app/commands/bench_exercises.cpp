// What a learner waits for between an edit and its verdict, what a sandbox costs, and how fast a class is graded.
#include <chrono>

#include "app/commands/bench.h"
#include "base/checksum.h"
#include "base/files.h"
#include "labs/exercise/grade/judging.h"
#include "labs/exercise/judge.h"
#include "labs/exercise/learner.h"

namespace tb::app {

namespace {

constexpr int kEdits = 7, kStarts = 20, kClass = 24, kJobs = 2;

double milliseconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

// The solution, told from the others of its kind by a comment.
std::string edited(const std::string& solution, int number) {
  return "// " + std::to_string(number) + "\n" + solution;
}

Result<double> class_a_minute(const exercise::Exercise& exercise, const std::string& solution) {
  auto folder = exercise::TemporaryFolder::create();
  if (!folder) return tl::unexpected(folder.error());
  std::vector<exercise::Work> list;
  for (int i = 0; i < kClass; ++i) {
    const auto file = folder->path() / (std::to_string(i) + ".json");
    list.push_back({.exercise = &exercise, .source = edited(solution, i), .source_sum = {}, .exercise_sum = {}, .verdict = file});
  }
  Result<std::size_t> judged = std::size_t{0};
  const double taken = milliseconds_of([&] { judged = exercise::judge_all(list, {.jobs = kJobs}); });
  if (!judged) return tl::unexpected(judged.error());
  return 60000 * static_cast<double>(*judged) / taken;
}

Result<std::vector<Measurement>> measure(const Shell&) {
  const auto found = exercise::find_exercise(textbook_root() / "chapters", "softmax");
  if (!found) return tl::unexpected(found.error());
  const auto solution = read_file(found->file("solution.cpp"));
  if (!solution) return tl::unexpected(solution.error());
  auto toolchain = exercise::Toolchain::open();
  if (!toolchain) return tl::unexpected(toolchain.error());

  std::vector<double> edits, starts;
  for (int i = 0; i <= kEdits; ++i) {
    Result<exercise::Verdict> verdict = exercise::Verdict{};
    const double taken = milliseconds_of(
        [&] { verdict = exercise::judge(*toolchain, *found, edited(*solution, i), "softmax.cpp"); });
    if (!verdict) return tl::unexpected(verdict.error());
    if (i > 0) edits.push_back(taken);              // the first one may have had to compile our headers
  }
  const auto compiled = exercise::compile(*toolchain, *found, *solution, "softmax.cpp");
  if (!compiled) return tl::unexpected(compiled.error());
  for (int i = 0; i < kStarts; ++i) {
    std::optional<Error> failed;
    starts.push_back(milliseconds_of([&] {
      exercise::CallFailure failure;
      const auto learner = exercise::Learner::start(compiled->program.get(), found->id, {}, failure);
      if (!learner) failed = learner.error();
    }));
    if (failed) return tl::unexpected(*failed);
  }
  const auto graded = class_a_minute(*found, *solution);
  if (!graded) return tl::unexpected(graded.error());
  return std::vector<Measurement>{{"edit-to-verdict", "", "ms", median(edits), 1000, kEdits, ""},
                                  {"sandbox-start", "", "ms", median(starts), std::nullopt, kStarts, ""},
                                  {"graded", "", "/min", *graded, std::nullopt, kClass, ""}};
}

}  // namespace

std::vector<Benchmark> exercise_benchmarks() { return {{"exercises", measure}}; }

}  // namespace tb::app
