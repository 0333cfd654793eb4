// What the commands of the exercises share: the learner's files, and judging one of them.
#pragma once

#include <filesystem>
#include <string>

#include "app/commands/common.h"
#include "app/exercise_judge.h"
#include "labs/exercise/judge.h"

namespace tb::app {

// What is known of an exercise without judging it again: "new", "begun", "failed", "passed".
std::string exercise_state(const exercise::Exercise& exercise);

struct CheckOptions {
  std::string id, file, format = "text";
  bool allow_unconfined = false, sanitize = false;
};
// Judges and prints. Returns kDone where it passed, kNo where it did not, kWrongUse with an error's words.
int check_and_print(const Shell& shell, exercise::Toolchain& toolchain, const CheckOptions& options);
// Declares ID, FILE and the options.
void declare_check(CLI::App& command, const Shell& shell, CheckOptions& options);

}  // namespace tb::app
