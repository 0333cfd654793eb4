// Who takes part, and which submission is whose.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "labs/exercise/grade/grades.h"
#include "labs/exercise/grade/submission.h"

namespace tb::exercise {

// A table with the columns id, name, email, language (any of the first three is enough; others are passed over).
// Errors: those of read_table, file.open, grade.twice (an id or email).
Result<std::vector<Student>> read_roster(const std::filesystem::path& file);

// The student whose submission this is, if it is one's alone: by the platform's number; by an id or email that is the
// submission's name or a word of it; by the name, whatever its order, capitals and spaces.
std::optional<std::size_t> whose(const Submission& submission, const std::vector<Student>& roster);

}  // namespace tb::exercise
