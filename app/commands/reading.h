// What the commands that show the reader share.
#pragma once

#include <string>

#include "app/commands/common.h"
#include "viewer/reader.h"

namespace tb::app {

// The book at a place (where it was left for ""): everything but fonts, compute thread and state.
Result<viewer::ReaderSetup> reading_setup(const std::string& place);
// What was given on the command line, and so comes before what is remembered.
struct Given {
  bool language = false, model = false;
};
// The reader in a window, until it is closed; the exit code.
int open_reader(Shell& shell, viewer::ReaderSetup setup, Given given);
// The models that are known by name, for the reader's menu.
std::vector<viewer::ModelChoice> model_choices(const Shell& shell);
// The model of the common options; one whose file is missing too, since the reader lives without it.
Result<LoadOptions> reading_model(const Shell& shell);

}  // namespace tb::app
