// What becomes of the verdicts: points of the course, one grade for each student, and the files that tell of it. All of
// it follows from the verdicts and the course's rules, so it is made anew by every run, in the same bytes.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/strings.h"
#include "labs/exercise/exercise.h"
#include "labs/exercise/grade/table.h"
#include "labs/exercise/judge.h"

namespace tb::exercise {

struct Student {
  std::string id, name, email, language;       // "" where it is not known
};

// Set by a person: it counts instead of what was computed, and is marked.
struct ByHand {
  std::optional<double> points;
  std::string comment;
};

struct ExerciseGrade {
  const Exercise* exercise = nullptr;
  double most = 0;                             // the course's points for all of it
  std::string path, source_sum, exercise_sum;  // what was judged
  std::filesystem::path kept;                  // where its verdict is kept; "": there is nothing to judge
  std::optional<Verdict> verdict;              // nullopt: not judged yet
  ByHand by_hand;
  double points() const;                       // of `most`
};

struct Grade {
  std::string submission;                      // "": nothing was handed in
  Student student;
  bool listed = true;                          // on the roster, or there is none
  bool twice = false;                          // another submission is this student's too: a person has to choose
  std::vector<ExerciseGrade> exercises;
  double late_days = 0, late_percent = 0;      // what lateness takes off
  ByHand by_hand;                              // of the total
  double points() const;                       // the exercises' sum
  double most() const;
  double total() const;                        // what counts
  // "missing", "waiting" (something is not judged yet), "unlisted", "twice", "graded".
  std::string state() const;
};

// The words of one language, with the texts of the exercises by id.
struct Language {
  Strings strings;
  std::map<std::string, Texts, std::less<>> texts;
};

std::string grade_json(const Grade& grade, const Language& language);
std::string grade_junit(const Grade& grade, const Language& language);
std::string grade_gradescope(const Grade& grade, const Language& language);
std::string grade_text(const Grade& grade, const Language& language);
// One line for each grade; columns in English, since programs read them.
std::string grades_table(const std::vector<Grade>& grades, TableFormat format);

// The folder of a submission among the results: its name, made fit for every file system and reader.
std::string folder_name(std::string_view submission);
// Writes grades.csv and submissions/<folder>/{grade.json,junit.xml,results.json,feedback.txt}; a file that would not
// change is left alone. A grades.csv that a person has changed since is not written over: it is renamed to
// grades-edited.csv (-2, ...), and its new name returned ("": it was not). Errors: file.write.
Result<std::filesystem::path> write_grades(const std::filesystem::path& out, const std::vector<Grade>& grades,
                                           TableFormat format, const std::map<std::string, Language>& languages,
                                           const std::string& language);

}  // namespace tb::exercise
