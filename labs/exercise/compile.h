// The learner's file becomes a program, by a compiler that sees the system's headers, ours, and this one file.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "labs/exercise/diagnostics.h"
#include "labs/exercise/exercise.h"
#include "labs/exercise/file_descriptor.h"
#include "labs/exercise/toolchain.h"

namespace tb::exercise {

struct CompileOptions {
  // On a machine that can neither run bubblewrap nor has Landlock, compiles all the same: for one's own file only.
  bool allow_unconfined = false;
  double cpu_seconds = 10;                // of each of the compiler's processes
  bool without_bubblewrap = false;        // as if it were not there: Landlock then
  bool without_landlock = false;          // likewise
  std::stop_token stop{};
};

struct Compiled {
  FileDescriptor program;                 // in memory; absent where it failed
  std::string failure;                    // "": compiled, or the diagnostics say why not; else compile-time, -memory, -size, -output, -crash
  std::vector<Diagnostic> diagnostics;
};

// `name` is what the file is called in messages. Errors: exercise.isolation (no means to confine the compiler),
// exercise.stopped, and those of Toolchain, Confined and folders; what is wrong with the file is in the result.
Result<Compiled> compile(Toolchain& toolchain, const Exercise& exercise, std::string_view source, const std::string& name,
                         const CompileOptions& options = {});

}  // namespace tb::exercise
