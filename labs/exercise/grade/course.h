// What a course decides: which exercises, for how many points, who takes part, what lateness costs. From the command
// line, or from a file that says all of it (chapters/grading.md shows one).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "labs/exercise/exercise.h"
#include "labs/exercise/grade/table.h"

namespace tb::exercise {

struct CourseExercise {
  Exercise exercise;
  std::optional<double> weight;               // points of the course; else those of its cases
};

// Points are taken off for each day that has begun after the deadline and the time of grace.
struct LateRule {
  std::int64_t deadline = 0;                  // seconds since 1970, UTC
  int offset_minutes = 0;                     // of the deadline's time zone: times without one are meant in it
  double percent_per_day = 0, grace_minutes = 0, most_percent = 100;
  enum class Times { table, names, modified } from = Times::names;
  std::filesystem::path table;                // with columns id, email or submission, and time
};

// What a person sets: points of one exercise or of the total, or only a comment.
struct Override {
  std::string who;                            // an id, an email or a submission's name
  std::string exercise;                       // "": the total
  std::optional<double> points;               // the course's
  std::string comment, where;                 // where it stands, for messages
};
// A table with id, email or submission, and exercise, points, comment. Errors: file.open, those of read_table,
// grade.override.
Result<std::vector<Override>> read_overrides(const std::filesystem::path& file);

struct Course {
  std::vector<CourseExercise> exercises;
  std::filesystem::path submissions, out, roster;              // "": none
  std::vector<std::filesystem::path> override_tables;
  std::vector<Override> overrides;                             // of the course file itself
  std::string language;  // of feedback, where the roster does not say; "": the user's
  TableFormat format = TableFormat::plain;
  int jobs = 0;                                                // 0: as many as there are processors
  std::optional<LateRule> late;
};

// An exercise of ours by its id, one of the course's own by its folder, or a folder of such folders. Errors: those of
// find_exercise and read_exercise.
Result<std::vector<CourseExercise>> course_exercises(const std::string& name);
// Reads a course file; its paths are relative to its folder. Errors: file.open, grade.course-syntax (file:line),
// grade.course-key (a key that is not known, with the nearest), grade.course-value.
Result<Course> read_course(const std::filesystem::path& file);

}  // namespace tb::exercise
