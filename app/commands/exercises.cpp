// exercises, start: what there is to do, and the beginning of it.
#include "app/commands/exercises.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

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

// Opens the file in the learner's editor, where there is one and a person to use it.
void open_editor(const fs::path& file) {
  const char* editor = std::getenv("VISUAL");
  if (!editor || !*editor) editor = std::getenv("EDITOR");
  if (!editor || !*editor || !::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO)) return;
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

int start_exercise(const Shell& shell, const std::string& id) {
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
  open_editor(file);
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
    const auto id = std::make_shared<std::string>();
    command.add_option("ID", *id, shell.help("exercise-id"))->required();
    return [id](Shell& run_shell) { return start_exercise(run_shell, *id); };
  };
  return {"start", declare, false};
}

}  // namespace tb::app
