// The learner's file becomes a program, by a compiler that sees the system's headers, ours, and this one file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "labs/exercise/diagnostics.h"
#include "labs/exercise/exercise.h"
#include "labs/exercise/file_descriptor.h"
#include "labs/exercise/room.h"
#include "labs/exercise/toolchain.h"

namespace tb::exercise {

struct Compiled {
  FileDescriptor program;                 // in memory; absent where it failed
  std::string failure;                    // "": compiled, or the diagnostics say why not; else compile-time, -memory, -size, -output, -crash
  std::vector<Diagnostic> diagnostics;
};

// `name` is what the file is called in messages. Errors: those of Room and Toolchain; what is wrong with the file is in the
// result.
Result<Compiled> compile(Toolchain& toolchain, const Exercise& exercise, std::string_view source, const std::string& name,
                         const CompileOptions& options = {});

// The learner's line, from 1, that a sanitizer build was in: `trace` is where its process was in the code (wire.h), `name`
// as above. 0 where it was in none of that file. Errors: as above.
Result<int> line_of(int program, const std::vector<std::uint64_t>& trace, const Exercise& exercise, const std::string& name,
                    const CompileOptions& options = {});

}  // namespace tb::exercise
