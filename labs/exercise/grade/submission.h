// What students handed in, found and read without trusting any of it: links are not followed, devices not opened,
// archives not unpacked, and every size has a limit. Whatever is wrong with one submission is a reason of its own.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "labs/exercise/grade/archive.h"

namespace tb::exercise {

struct Submission {
  // Of the folder, the archive or the student: what results are filed under. As the file system has it, any bytes.
  std::string name;
  std::string student, id;                     // as the learning platform gives them; "" where it does not
  bool late = false;                           // the platform says so
  struct Place {
    std::filesystem::path path;
    std::string name;                          // what the student called it; "" of a folder
  };
  std::vector<Place> places;
  std::vector<HandedFile> files;               // read already: where one archive holds all submissions
};

// Those in a folder, or in the archive that a platform makes of one, by name: folders, archives and C++ files; several
// that belong to one student, as the names of Moodle and Canvas say, are one. Other files are none.
// Errors: grade.submissions (neither folder nor archive, or it cannot be read).
Result<std::vector<Submission>> find_submissions(const std::filesystem::path& place);

// What can hold a solution, archives within opened. With a problem there are no files.
struct Contents {
  std::vector<HandedFile> files;
  std::string problem, detail;
};
Contents read_submission(const Submission& submission);

// The solution of an exercise: <id>.cpp; else a name that differs from it as names do that are uploaded twice, written
// in capitals or with hyphens; else, where the submission is for `only` this exercise, the only C++ file there is.
struct Solution {
  std::string path, source;
  std::string problem, detail;                 // "": found; else a reason
};
Solution find_solution(const Contents& contents, std::string_view exercise, bool only);

}  // namespace tb::exercise
