// exercises, start: what there is to do, and the beginning of it.
#include "app/commands/exercises.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "app/commands/reading.h"
#include "base/files.h"
#include "book/learner.h"
#include "book/state.h"
#include "labs/exercise/exercise.h"

namespace tb::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

int list_exercises(const Shell& shell) {
  const auto list = exercise::all_exercises(textbook_root() / "chapters");
  if (!list) return shell.report(list.error());
  struct Row {
    const exercise::Exercise* exercise;
    std::string title, state;
  };
  std::vector<Row> rows;
  std::size_t width = 0;
  for (const auto& one : *list) {
    const auto texts = exercise::read_texts(one, shell.lang);
    if (!texts) return shell.report(texts.error());
    rows.push_back({&one, texts->title, exercise_state(one)});
    width = std::max(width, one.id.size());
  }
  if (shell.json) {
    Json json = Json::array();
    for (const auto& row : rows)
      json.push_back({{"id", row.exercise->id}, {"title", row.title}, {"chapter", row.exercise->chapter},
                      {"difficulty", row.exercise->difficulty}, {"minutes", row.exercise->minutes},
                      {"points", row.exercise->points()}, {"function", row.exercise->function}, {"state", row.state},
                      {"file", workspace_file(row.exercise->id).string()}});
    std::cout << Json{{"exercises", std::move(json)}}.dump() << "\n";
    return kDone;
  }
  std::string chapter;
  for (const auto& row : rows) {
    if (row.exercise->chapter != chapter) std::cout << (chapter = row.exercise->chapter) << "\n";
    const std::string stars(static_cast<std::size_t>(row.exercise->difficulty), '*');
    std::cout << fmt::format("  {:<{}}  {:<3}  {:>3} {}  {:<14}  {}\n", row.exercise->id, width, stars,
                             row.exercise->minutes, shell.strings.get("exercise.min"),
                             shell.strings.get("exercise.state-" + row.state), row.title);
  }
  return kDone;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

// Opens the file in the learner's editor.
void open_editor(const char* editor, const fs::path& file) {
  // $EDITOR may hold options ("code --wait"): a shell reads it, and is given the file as an argument of its own.
  const std::string command = std::string(editor) + " \"$0\"";
  std::cout.flush();
  if (const pid_t pid = ::fork(); pid == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), file.c_str(), nullptr);
    ::_exit(127);
  } else if (pid > 0) {
    ::waitpid(pid, nullptr, 0);
  }
}

// The reader at the exercise, with its editor open. A chapter that is not written yet has exercises all the same.
int open_in_reader(Shell& shell, const exercise::Exercise& exercise) {
  auto setup = reading_setup("");
  if (!setup) return shell.report(setup.error());
  const auto written = [&](const auto& chapter) { return chapter.slug == exercise.chapter; };
  if (std::ranges::any_of(setup->chapters, written)) setup->place = book::Place{exercise.chapter, "", "", {}};
  setup->exercise = exercise.id;
  return open_reader(shell, std::move(*setup), {});
}

struct StartOptions {
  std::string id;
  bool no_open = false;
};

int start_exercise(Shell& shell, const StartOptions& options) {
  const std::string& id = options.id;
  const auto found = exercise::find_exercise(textbook_root() / "chapters", id);
  if (!found) return shell.report(found.error());
  const fs::path file = workspace_file(found->id);
  const bool there = fs::exists(file);
  if (!there) {
    const auto starter = read_file(found->file("starter.cpp"));
    if (!starter) return shell.report(starter.error());
    std::error_code none;
    fs::create_directories(file.parent_path(), none);   // if it fails, so does what follows, and says why
    if (const auto written = write_file(file, *starter); !written) return shell.report(written.error());
  }
  if (shell.json) {
    std::cout << Json{{"id", found->id}, {"file", file.string()}, {"created", !there}}.dump() << "\n";
    return kDone;
  }
  std::cout << shell.strings.format(there ? "exercise.kept" : "exercise.started", {found->id, file.string()}) << "\n"
            << shell.strings.format("exercise.next", {found->id}) << "\n";
  // Where there is a person to write in it.
  if (options.no_open || !::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO)) return kDone;
  if (is_set("VISUAL") || is_set("EDITOR")) open_editor(std::getenv(is_set("VISUAL") ? "VISUAL" : "EDITOR"), file);
  else if (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) return open_in_reader(shell, *found);
  return kDone;
}

}  // namespace

std::string exercise_state(const exercise::Exercise& exercise) {
  auto state = book::State::open(data_folder() / "state.sqlite3");
  const book::Learner learner(state ? &*state : nullptr);
  for (const auto& result : learner.traces().exercises)
    if (result.chapter == exercise.chapter && result.exercise == exercise.id && result.attempts > 0)
      return result.solved() ? "passed" : "failed";
  return fs::exists(workspace_file(exercise.id)) ? "begun" : "new";
}

CommandSpec exercises_command() {
  const auto declare = [](CLI::App&, const Shell&) -> Run { return [](Shell& shell) { return list_exercises(shell); }; };
  return {"exercises", declare, false};
}

CommandSpec start_command() {
  const auto declare = [](CLI::App& command, const Shell& shell) -> Run {
    const auto options = std::make_shared<StartOptions>();
    command.add_option("ID", options->id, shell.help("exercise-id"))->required();
    command.add_flag("--no-open", options->no_open, shell.help("start-no-open"));
    return [options](Shell& run_shell) { return start_exercise(run_shell, *options); };
  };
  return {"start", declare, false};
}

}  // namespace tb::app
