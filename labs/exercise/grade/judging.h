// Judging many submissions: several at a time, each solution once, and none again that was judged before.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "labs/exercise/exercise.h"
#include "labs/exercise/live_model.h"
#include "labs/exercise/toolchain.h"

namespace tb::exercise {

// One solution of one exercise.
struct Work {
  const Exercise* exercise = nullptr;
  std::string source;
  std::string source_sum, exercise_sum;    // SHA-256 of the source, and of what decides how it is judged and told
  std::filesystem::path verdict;           // the file of its verdict, named by both sums and the grader's
};

// Of exercise.toml, the texts and the check. Errors: file.open.
Result<std::string> exercise_checksum(const Exercise& exercise);
// The name of a verdict's file: with another submission, exercise, compiler or grader it is another.
std::string verdict_name(const Toolchain& toolchain, const std::string& source_sum, const std::string& exercise_sum);

struct Judging {
  int jobs = 1;
  std::function<bool()> stopped;                                   // asked before each solution
  std::function<void(std::size_t done, std::size_t of)> progress;  // called by one thread at a time
  OpenLiveModel model;                                             // for exercises that name one; see judge
};

// Judges those that have no verdict yet and writes each verdict as soon as it is there. What ends because it takes too
// long, which a busy machine may be at fault for, is judged once more at the end, alone, and that decides. Returns how
// many were judged; fewer than asked for where it was stopped. Errors: those of judge, file.write; what was judged
// until then is kept.
Result<std::size_t> judge_all(std::span<const Work> list, const Judging& judging);

}  // namespace tb::exercise
