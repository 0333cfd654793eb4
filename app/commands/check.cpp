// check, watch: the verdict on a learner's file, once or at every save.
#include <csignal>
#include <cstring>
#include <iostream>

#include <poll.h>
#include <sys/inotify.h>

#include "app/commands/exercises.h"
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

// Waits until the file is saved, in whatever way the editor does it: written in place, or another put in its place.
class Saves {
 public:
  explicit Saves(const fs::path& file) : name_(file.filename().string()), notify_(::inotify_init1(IN_CLOEXEC)) {
    watching_ = ::inotify_add_watch(notify_.get(), file.parent_path().c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) >= 0;
  }
  bool watching() const { return watching_; }

  bool wait() {   // false: Ctrl+C
    while (!interrupted) {
      alignas(inotify_event) char events[4096];
      const auto size = ::read(notify_.get(), events, sizeof events);
      if (size <= 0) continue;   // interrupted by a signal: the loop looks
      bool saved = false;
      for (const char* at = events; at < events + size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        saved = saved || (event->len > 0 && name_ == event->name);
        at += sizeof(inotify_event) + event->len;
      }
      if (saved) return true;
    }
    return false;
  }

 private:
  std::string name_;
  exercise::FileDescriptor notify_;
  bool watching_ = false;
};

int watch(const Shell& shell, exercise::Toolchain& toolchain, const CheckOptions& options) {
  const fs::path file = fs::absolute(options.file.empty() ? workspace_file(options.id) : fs::path(options.file));
  Saves saves(file);
  if (!saves.watching()) return shell.report(Error{"file.open", file.string(), {std::strerror(errno)}});
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };   // without SA_RESTART: it ends the waiting
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  int last = check_and_print(shell, toolchain, options);
  if (last == kWrongUse) return last;
  std::cerr << shell.strings.format("exercise.watching", {file.string()}) << "\n";
  while (saves.wait()) {
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
  const auto verdict = exercise::judge(toolchain, *found, *source, found->id + ".cpp", {options.allow_unconfined});
  if (!verdict) return shell.report(verdict.error());
  if (own) remember(*found, *verdict);
  std::cout << report(options.format, *verdict, {*texts, shell.strings}) << std::flush;
  return verdict->passed() ? kDone : kNo;
}

CommandSpec check_command() { return judging_command("check", &check_and_print); }
CommandSpec watch_command() { return judging_command("watch", &watch); }

}  // namespace tb::app
