// One run of the grader: what was handed in meets the course's rules, what is not judged yet is judged, and all of it
// is written down.
#pragma once

#include <string>
#include <vector>

#include "labs/exercise/grade/course.h"
#include "labs/exercise/grade/grades.h"
#include "labs/exercise/grade/judging.h"

namespace tb::exercise {

struct Grading {
  Course course;
  std::vector<Grade> grades;                    // in the roster's order, then those that are not on it, by name
  std::vector<Work> work;                       // for each solution that was found and selected
};

// Which submissions are judged: with `only`, those of which the name or the student's id, name or email match one of
// these patterns ('*' stands for any letters), and with `again` also if they were judged before; the others keep what
// they have.
struct Selection {
  std::vector<std::string> only;
  bool again = true;
};

// Reads everything and judges nothing. Errors: those of find_submissions, read_roster, times_of, read_overrides,
// exercise_checksum; grade.nobody, grade.override (an exercise that is not graded).
Result<Grading> prepare(Course course, const Toolchain& toolchain, const Selection& selection);

// Takes the verdicts that are there and writes the results. Returns and fails as write_grades does, and as read_texts
// and Strings fail.
Result<std::filesystem::path> finish(Grading& session);

}  // namespace tb::exercise
