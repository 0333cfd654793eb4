// check, watch: the verdict on a learner's file, once or at every save.
#include <algorithm>
#include <csignal>
#include <cstring>
#include <iostream>

#include "app/commands/exercises.h"
#include "app/live_model.h"
#include "app/saves.h"
#include "base/files.h"
#include "book/learner.h"
#include "book/state.h"
#include "labs/exercise/report.h"

namespace tb::app {
namespace {

namespace fs = std::filesystem;

// The learner's progress, which keeps the best check. A verdict that cannot be written down is still a verdict.
void remember(const exercise::Exercise& exercise, const exercise::Verdict& verdict) {
  auto state = book::State::open(data_folder() / "state.sqlite3");
  if (!state) return;
  book::Learner learner(&*state);
  (void)learner.checked(exercise.chapter, exercise.id, verdict.points, verdict.most);
}

std::string report(const std::string& format, const exercise::Verdict& verdict, const exercise::Words& words) {
  if (format == "json") return exercise::report_json(verdict, words) + "\n";
  if (format == "junit") return exercise::report_junit(verdict, words);
  if (format == "gradescope") return exercise::report_gradescope(verdict, words);
  return exercise::report_text(verdict, words);
}

volatile std::sig_atomic_t interrupted = 0;

int watch(const Shell& shell, exercise::Toolchain& toolchain, const CheckOptions& options) {
  const fs::path file = fs::absolute(options.file.empty() ? workspace_file(options.id) : fs::path(options.file));
  Saves saves(file.parent_path());
  if (!saves.watching()) return shell.report(Error{"file.open", file.string(), {std::strerror(errno)}});
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };   // without SA_RESTART: it ends the waiting
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  int last = check_and_print(shell, toolchain, options);
  if (last == kWrongUse) return last;
  std::cerr << shell.strings.format("exercise.watching", {file.string()}) << "\n";
  while (!interrupted) {
    const auto saved = saves.wait();
    if (std::find(saved.begin(), saved.end(), file.filename().string()) == saved.end()) continue;
    std::cout << "\n";
    last = check_and_print(shell, toolchain, options);
  }
  return last == kDone ? kDone : kNo;
}

CommandSpec judging_command(const char* name, int (*run)(const Shell&, exercise::Toolchain&, const CheckOptions&)) {
  const auto declare = [run](CLI::App& command, const Shell& shell) -> Run {
    const auto options = std::make_shared<CheckOptions>();
    declare_check(command, shell, *options);
    return [run, options](Shell& run_shell) {
      if (run_shell.json) options->format = "json";
      auto toolchain = exercise::Toolchain::open();
      if (!toolchain) return run_shell.report(toolchain.error());
      return run(run_shell, *toolchain, *options);
    };
  };
  return {name, declare, false};
}

}  // namespace

void declare_check(CLI::App& command, const Shell& shell, CheckOptions& options) {
  command.add_option("ID", options.id, shell.help("exercise-id"))->required();
  command.add_option("FILE", options.file, shell.help("exercise-file"));
  command.add_option("--format", options.format, shell.help("exercise-format"))
      ->check(CLI::IsMember({"text", "json", "junit", "gradescope"}));
  command.add_flag("--sanitize", options.sanitize, shell.help("exercise-sanitize"));
  command.add_flag("--allow-unconfined-compiler", options.allow_unconfined, shell.help("exercise-unconfined"));
}

int check_and_print(const Shell& shell, exercise::Toolchain& toolchain, const CheckOptions& options) {
  const auto found = exercise::find_exercise(textbook_root() / "chapters", options.id);
  if (!found) return shell.report(found.error());
  const auto texts = exercise::read_texts(*found, shell.lang);
  if (!texts) return shell.report(texts.error());
  const bool own = options.file.empty();
  const fs::path file = own ? workspace_file(found->id) : fs::path(options.file);
  if (own && !fs::exists(file)) return shell.report(Error{"exercise.unstarted", file.string(), {found->id}});
  const auto source = read_file(file);
  if (!source) return shell.report(source.error());
  exercise::CompileOptions compiling;
  compiling.allow_unconfined = options.allow_unconfined;
  compiling.sanitize = options.sanitize;
  const auto verdict = exercise::judge(toolchain, *found, *source, found->id + ".cpp", compiling, nullptr, open_live_model);
  if (!verdict) return shell.report(verdict.error());
  if (own) remember(*found, *verdict);
  std::cout << report(options.format, *verdict, {*texts, shell.strings}) << std::flush;
  return verdict->passed() ? kDone : kNo;
}

CommandSpec check_command() { return judging_command("check", &check_and_print); }
CommandSpec watch_command() { return judging_command("watch", &watch); }

}  // namespace tb::app
