// Folders that are ready to be copied to where a course grades: an autograder for Gradescope, a workflow for GitHub.
#pragma once

#include <filesystem>
#include <string>

#include "labs/exercise/grade/course.h"

namespace tb::exercise {

// Copies assets/grading/<name> ("gradescope", "github") to a folder, with the course's exercises and language in it,
// the course's own exercises beside, and for Gradescope the textbook's sources. Errors: grade.template-there (the
// folder is not empty), file.open, file.write.
Result<void> write_template(const std::string& name, const std::filesystem::path& to, const Course& course);

}  // namespace tb::exercise
