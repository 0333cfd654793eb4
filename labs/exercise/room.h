// Where tools work on a learner's file: a folder that holds nothing else, seen by a process that sees the system's
// programs and headers and nothing that people keep, under bubblewrap, else Landlock.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "labs/exercise/confined.h"
#include "labs/exercise/temporary_folder.h"

namespace tb::exercise {

struct CompileOptions {
  // On a machine that can neither run bubblewrap nor has Landlock, works all the same: for one's own file only.
  bool allow_unconfined = false;
  double cpu_seconds = 10;                // of each process
  bool without_bubblewrap = false;        // as if it were not there: Landlock then
  bool without_landlock = false;          // likewise
  std::stop_token stop{};
  // Makes a slower program that names the line which does what the language leaves undefined, and looks longer for values
  // that are used before they are set.
  bool sanitize = false;
};

// What a tool said and how it ended.
struct Worked {
  Ending ending;
  std::string output;
  bool done() const { return ending.kind == Ending::Kind::exited && ending.code == 0; }
};

class Room {
 public:
  // `headers` is a folder that the tools may read, and `exercise` what an error names. Errors: exercise.isolation (no means
  // to confine them), exercise.folder.
  static Result<Room> make(const std::filesystem::path& headers, const std::string& exercise, const CompileOptions& options);

  Result<void> put(const std::string& name, std::string_view bytes);
  Result<std::string> take(const std::string& name) const;
  // The paths as the tools see them.
  std::filesystem::path headers() const { return bubblewrap_ ? "/headers" : headers_; }
  std::filesystem::path file(const std::string& name) const { return (bubblewrap_ ? "/work" : folder_.path()) / name; }
  // Runs a tool, a path and its arguments. Errors: exercise.stopped, exercise.seccomp, exercise.confine, exercise.landlock.
  Result<Worked> run(const std::vector<std::string>& words);

 private:
  Room(std::filesystem::path headers, TemporaryFolder folder, CompileOptions options, bool bubblewrap, bool landlock)
      : headers_(std::move(headers)), folder_(std::move(folder)), options_(std::move(options)), bubblewrap_(bubblewrap),
        landlock_(landlock), user_(unprivileged_user()) {}
  std::filesystem::path headers_;
  TemporaryFolder folder_;
  CompileOptions options_;
  bool bubblewrap_, landlock_;
  std::optional<uid_t> user_;
};

}  // namespace tb::exercise
