// An exercise as its folder states it: chapters/NN-slug/exercises/<id>. chapters/exercises.md explains the files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb::exercise {

struct CaseInfo {
  std::string id;
  double points = 0;
};

struct Exercise {
  std::string id, chapter;                  // "softmax"; the chapter's slug, its folder's name
  std::filesystem::path folder;
  std::string function;                     // the C++ declaration that the learner defines
  int difficulty = 1, minutes = 0;          // 1 to 3
  double seconds = 2;                       // of processor time for each case
  std::string starter_fails;                // the reason
  std::string model;                        // of the running model that judges it; "": none is needed
  std::vector<CaseInfo> cases;

  double points() const;                    // all that can be had
  std::filesystem::path file(std::string_view name) const { return folder / name; }
};

struct Texts {
  std::string title, statement;             // the statement is Markdown, without its title
  std::vector<std::string> hints;
  std::map<std::string, std::string, std::less<>> cases, reasons;
};

// Errors: file.open, exercise.syntax (file:line), exercise.key (what is missing or out of range).
Result<Exercise> read_exercise(const std::filesystem::path& folder);
// Errors: file.open, exercise.texts (which part is missing).
Result<Texts> read_texts(const Exercise& exercise, std::string_view lang);

// Where the learner's solution is kept; nothing of ours ever writes over it.
std::filesystem::path workspace_file(const std::string& exercise);

// Those of all chapters, in the order of the chapters' folders and within one by difficulty, then by name.
Result<std::vector<Exercise>> all_exercises(const std::filesystem::path& chapters);
// Errors: those above, exercise.unknown (names the nearest), exercise.unknown-name (none is near).
Result<Exercise> find_exercise(const std::filesystem::path& chapters, std::string_view id);

}  // namespace tb::exercise
