// What every command shares: the common options, the words, how a result or an error is printed.
// A command is declared in its own file as a CommandSpec and listed once, in main.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/strings.h"
#include "labs/lab.h"

namespace tb::app {

// Exit codes of the contract.
inline constexpr int kDone = 0, kNo = 1, kWrongUse = 2;

class Shell {
 public:
  // Reads --lang (else the system's language) before anything else is parsed, since help texts need it.
  static Result<Shell> create(int argc, char** argv);

  std::string model = "smollm2-135m", device = "auto", dtype = "auto", weights = "auto", lang;
  int threads = 0;
  bool json = false;
  Strings strings;

  // A help text: the string "cli.<key>".
  std::string help(std::string_view key) const { return strings.get("cli." + std::string(key)); }
  // Prints the error to stderr (as JSON with --json) and returns kWrongUse, or kNo where the caller says so.
  int report(const Error& error, int code = kWrongUse) const;
  // A TEXT argument: "-" is standard input, "@FILE" a file's bytes, anything else itself.
  Result<std::string> text(const std::string& argument) const;

  // The path, device, dtype and threads that the common options ask for; --model is a known name or a path
  // (app/registry.h). Errors: model.unknown (names the nearest), model.missing, models.gone, models.changed.
  Result<LoadOptions> load_options() const;
  struct Loaded { Engine* engine; std::shared_ptr<Model> model; };
  Result<Loaded> load() const;   // opens the engine and loads; progress on stderr where that is a terminal
};

using Run = std::function<int(Shell&)>;

struct CommandSpec {
  std::string name;                                        // help text: "cli.<name>"
  std::function<Run(CLI::App&, const Shell&)> declare;     // adds options to the subcommand, returns what runs
  bool needs_model_options = true;                         // --model, --device, --dtype, --weights, --threads
};

// One error as the contract's JSON object: {"error":{"code","what","where","remedy"}}.
std::string error_json(const Error& error, const Strings& strings);

// Calls `line` for each line of standard input that is not empty, for the --batch commands, with its place for errors
// ("stdin:7"). `line` returns one line of JSON; where it fails, the error's JSON is printed in its place. Returns kNo
// if any line failed.
int run_batch(const Shell& shell,
              const std::function<Result<std::string>(const std::string& line, const std::string& where)>& line);

CommandSpec tokens_command();
CommandSpec generate_command();
CommandSpec trace_command();
CommandSpec lab_command();
CommandSpec labs_command();
CommandSpec claims_command();
CommandSpec export_command();
CommandSpec open_command();
CommandSpec present_command();
CommandSpec screenshot_command();
CommandSpec screenshots_command();
CommandSpec bench_command();
CommandSpec models_command();
CommandSpec exercises_command();
CommandSpec start_command();
CommandSpec check_command();
CommandSpec watch_command();
CommandSpec grade_command();

}  // namespace tb::app
