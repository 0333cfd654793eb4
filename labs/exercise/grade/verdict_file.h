// A verdict as a file, whole and in no language: what is graded once is told again from it, in any language and under
// any rule for lateness, and after an interruption it need not be judged again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "labs/exercise/judge.h"

namespace tb::exercise {

// nullopt: there is none, or it is damaged; then it is made anew.
std::optional<Verdict> read_verdict(const std::filesystem::path& file);
// Errors: file.write.
Result<void> write_verdict(const std::filesystem::path& file, const Verdict& verdict);

}  // namespace tb::exercise
