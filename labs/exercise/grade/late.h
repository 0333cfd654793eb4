// When something was handed in, and what its lateness costs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "labs/exercise/grade/course.h"
#include "labs/exercise/grade/grades.h"
#include "labs/exercise/grade/submission.h"

namespace tb::exercise {

// Seconds since 1970 in UTC of "2026-03-01T23:59", with a space for the T, with seconds, with Z or +03:00; without a
// zone it is `offset_minutes` ahead of UTC. nullopt: it is none.
std::optional<std::int64_t> parse_time(std::string_view text, int offset_minutes);
// The same in a name, where no colons may be: "smith_2026-03-02_10-15.zip".
std::optional<std::int64_t> time_in_name(std::string_view name, int offset_minutes);

// Days begun after deadline and grace.
double days_late(std::int64_t time, const LateRule& rule);

// A time for each submission, where the rule's source has one. Errors: those of read_table, grade.time.
Result<std::vector<std::optional<std::int64_t>>> times_of(const std::vector<Submission>& submissions,
                                                          const std::vector<Student>& students, const LateRule& rule);

}  // namespace tb::exercise
