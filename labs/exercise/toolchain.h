// The compiler, and what is made for it once: the learner's header, compiled ahead, and the glue of each exercise. Both
// are ours, made from our sources, and kept in the cache folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "labs/exercise/check.h"
#include "labs/exercise/exercise.h"
#include "labs/exercise/temporary_folder.h"

namespace tb::exercise {

// What a learner's file is compiled for: to be judged; only to be warned about; to find what the language leaves undefined.
enum class Build { ordinary, analysed, sanitized };

// The compiler's path, and the options that every file of an exercise is compiled with.
const std::string& compiler();
std::vector<std::string> compile_options(Build build = Build::ordinary);

class Toolchain {
 public:
  // Errors: exercise.toolchain (with the compiler's words), exercise.folder, file.write.
  static Result<Toolchain> open();

  // The folder that the confined compiler reads: exercise.h, compiled ahead, and the glue of this exercise as "glue.o".
  // It stands where the compiler's user can read it.
  Result<std::filesystem::path> prepare(const Exercise& exercise, Build build = Build::ordinary);
  // The check of an exercise: of ours it is built in; that of a course's own folder is compiled here, once for its text, and
  // runs in this process, as the course's trusted code. Errors: exercise.check (ours, not built in), exercise.own-check
  // (with the compiler's words), exercise.folder, file.open.
  Result<CheckFunction> check_of(const Exercise& exercise);
  // Names the compiler, its options and our sources that it reads: with another one a verdict can be another.
  std::string version() const { return cache_.filename().string(); }

 private:
  explicit Toolchain(std::filesystem::path cache) : cache_(std::move(cache)) {}
  std::filesystem::path cache_;             // made from what the sources and the compiler are now
  std::optional<TemporaryFolder> shown_;    // what the compiler is shown of it: one exercise
};

}  // namespace tb::exercise
