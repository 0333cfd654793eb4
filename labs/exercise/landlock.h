// Landlock: what of the file system a process and its descendants can reach, set by the process itself and without any
// privilege (Linux 5.13 or newer). Where bubblewrap cannot run, it keeps the compiler in its place.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"

namespace tb::exercise {

bool has_landlock();

// A descriptor of a rule set: everything beneath `readable` may be read and run, everything beneath `writable` changed
// too, nothing else reached. What does not exist is left out. Errors: exercise.landlock.
Result<int> landlock_rules(const std::vector<std::filesystem::path>& readable,
                           const std::vector<std::filesystem::path>& writable);

}  // namespace tb::exercise
