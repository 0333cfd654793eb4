// grade: the submissions of a course, judged and written down. What it does is in labs/exercise/grade.
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "app/commands/common.h"
#include "app/live_model.h"
#include "base/files.h"
#include "base/numbers.h"
#include "labs/exercise/file_descriptor.h"
#include "labs/exercise/grade/session.h"
#include "labs/exercise/grade/slurm.h"
#include "labs/exercise/grade/template.h"
#include "labs/exercise/learner.h"

namespace tb::app {
namespace {

namespace fs = std::filesystem;
using namespace exercise;
using Json = nlohmann::ordered_json;

struct GradeOptions {
  std::vector<std::string> exercises, only;
  std::string course, submissions, out, roster, overrides, format, engine = "local", part, pattern, to;
  int jobs = 0;
};

// Ctrl+C ends the run after the solutions that are being judged; a second one ends it at once.
volatile std::sig_atomic_t interrupted = 0;

void stop_at_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

// "37/200, about 2 min left" on a terminal in place, elsewhere a line for every tenth.
class ProgressLine {
 public:
  explicit ProgressLine(const Strings& strings) : strings_(strings), terminal_(::isatty(STDERR_FILENO)) {}
  void operator()(std::size_t done, std::size_t of) {
    if (done == of) return;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    const double left =
        std::ceil(seconds / static_cast<double>(done) * static_cast<double>(of - done));  // whole seconds
    const auto text = strings_.format("grade.progress", {std::to_string(done), std::to_string(of),
                                                         format_seconds(left, strings_.language())});
    if (terminal_) std::cerr << "\r\033[K" << text << std::flush;
    else if (done * 10 / of != (done - 1) * 10 / of) std::cerr << text << "\n";
    shown_ = true;
  }
  ~ProgressLine() {
    if (terminal_ && shown_) std::cerr << "\r\033[K";
  }

 private:
  const Strings& strings_;
  const bool terminal_;
  bool shown_ = false;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// One run at a time writes into a folder.
Result<FileDescriptor> take_folder(const fs::path& out) {
  std::error_code failed;
  fs::create_directories(out, failed);
  FileDescriptor lock(::open((out / ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644));
  if (failed || !lock) return fail("file.write", out.string(), {failed ? failed.message() : std::strerror(errno)});
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) < 0) return fail("grade.busy", out.string());
  return lock;
}

Result<Course> course_of(const Shell& shell, const GradeOptions& options) {
  Course course;
  if (!options.course.empty()) {
    auto read = read_course(options.course);
    if (!read) return tl::unexpected(read.error());
    course = std::move(*read);
  }
  if (course.language.empty()) course.language = shell.lang;
  if (!options.exercises.empty()) course.exercises.clear();   // what is named here goes before the file
  for (const auto& words : options.exercises) {
    for (std::size_t at = 0; at <= words.size();) {   // also separated by commas
      const auto end = std::min(words.find(',', at), words.size());
      auto found = course_exercises(words.substr(at, end - at));
      if (!found) return tl::unexpected(found.error());
      std::move(found->begin(), found->end(), std::back_inserter(course.exercises));
      at = end + 1;
    }
  }
  if (!options.submissions.empty()) course.submissions = options.submissions;
  if (!options.out.empty()) course.out = options.out;
  if (!options.roster.empty()) course.roster = options.roster;
  if (!options.overrides.empty()) course.override_tables = {options.overrides};
  if (options.jobs > 0) course.jobs = options.jobs;
  if (const auto format = table_format(options.format)) course.format = *format;
  if (course.exercises.empty()) return fail("grade.missing-option", "", {"EXERCISES"});
  if (!options.pattern.empty()) return course;
  if (course.submissions.empty()) return fail("grade.missing-option", "", {"--submissions"});
  if (course.out.empty()) return fail("grade.missing-option", "", {"--out"});
  if (const auto beside = course.out / "overrides.csv"; course.override_tables.empty() && fs::exists(beside))
    course.override_tables = {beside};
  if (course.jobs == 0) course.jobs = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return course;
}

int summarise(const Shell& shell, const Grading& session, std::size_t judged) {
  std::map<std::string, std::int64_t> states;
  for (const auto& grade : session.grades) ++states[grade.state()];
  const bool stopped = interrupted != 0;
  const auto handed_in = static_cast<std::int64_t>(session.grades.size()) - states["missing"];
  if (shell.json) {
    std::cout << Json{{"submissions", handed_in}, {"judged", judged}, {"missing", states["missing"]},
                      {"unlisted", states["unlisted"]}, {"waiting", states["waiting"]}, {"interrupted", stopped},
                      {"grades", (session.course.out / "grades.csv").string()}}.dump() << "\n";
  } else {
    std::cout << shell.strings.format("grade.done",
                                      {shell.strings.plural("grade.submissions", handed_in),
                                       shell.strings.plural("grade.judged", static_cast<std::int64_t>(judged)),
                                       (session.course.out / "grades.csv").string()})
              << "\n";
    if (stopped) std::cerr << shell.strings.get("grade.interrupted") << "\n";
  }
  return handed_in == 0 || stopped ? kNo : kDone;
}

// What a task of the job array runs: this command, in as far as it says what is judged.
std::vector<std::string> words_of(const GradeOptions& options, const Course& course) {
  std::vector<std::string> words{fs::read_symlink("/proc/self/exe").string(), "grade"};
  for (const auto& exercise : options.exercises) {
    const bool folder = exercise.find('/') != std::string::npos;
    words.push_back(folder ? fs::absolute(exercise).string() : exercise);
  }
  const auto add = [&](const char* option, const fs::path& path) {
    if (!path.empty()) words.insert(words.end(), {option, fs::absolute(path).string()});
  };
  add("--course", options.course);
  add("--submissions", course.submissions);
  add("--roster", course.roster);
  add("--out", course.out);
  for (const auto& pattern : options.only) words.insert(words.end(), {"--only", pattern});
  return words;
}

// A task's own part: it only judges. Two numbers, "3/16".
int grade_part(const Shell& shell, const GradeOptions& options, Course course, const Toolchain& toolchain) {
  int index = 0, count = 0;
  if (std::sscanf(options.part.c_str(), "%d/%d", &index, &count) != 2 || index < 0 || index >= count)
    return shell.report(Error{"grade.missing-option", "", {"--part I/N"}});
  auto session = prepare(std::move(course), toolchain, {options.only, false});
  if (!session) return shell.report(session.error());
  const auto part = part_of(std::move(session->work), index, count);
  const auto judged = judge_all(part, {session->course.jobs, [] { return interrupted != 0; }, {}, open_live_model});
  return judged ? kDone : shell.report(judged.error());
}

int grade(const Shell& shell, const GradeOptions& options) {
  auto course = course_of(shell, options);
  if (!course) return shell.report(course.error());
  if (!options.pattern.empty()) {
    if (options.to.empty()) return shell.report(Error{"grade.missing-option", "", {"--to"}});
    const auto made = write_template(options.pattern, options.to, *course);
    if (!made) return shell.report(made.error());
    std::cout << shell.strings.format("grade.template-made", {options.to}) << "\n";
    return kDone;
  }
  const auto means = isolation();
  if (!means) return shell.report(means.error());
  if (!means->bubblewrap && !means->landlock) return shell.report(Error{"exercise.isolation", "", {}});
  auto toolchain = Toolchain::open();
  if (!toolchain) return shell.report(toolchain.error());
  for (const auto& one : course->exercises)   // a check that does not compile is told before anything is touched
    if (const auto check = toolchain->check_of(one.exercise); !check) return shell.report(check.error());
  // So is a model that is not here; held until the end, it is loaded once for all submissions.
  std::vector<std::shared_ptr<LiveModel>> models;
  for (const auto& one : course->exercises) {
    auto model = live_model_of(one.exercise, open_live_model);
    if (!model) return shell.report(model.error());
    models.push_back(std::move(*model));
  }
  if (!options.part.empty()) return grade_part(shell, options, std::move(*course), *toolchain);
  const auto lock = take_folder(course->out);
  if (!lock) return shell.report(lock.error());
  auto session = prepare(std::move(*course), *toolchain, {options.only, true});
  if (!session) return shell.report(session.error());

  stop_at_signals();
  Result<std::size_t> judged = 0;
  {
    ProgressLine line(shell.strings);
    const Judging judging{session->course.jobs, [] { return interrupted != 0; }, std::ref(line), open_live_model};
    judged = options.engine == "slurm"
                 ? judge_on_slurm(session->work, words_of(options, session->course), session->course.out, judging)
                 : judge_all(session->work, judging);
  }
  // What was judged is written down also where something went wrong.
  const auto written = finish(*session);
  if (!judged) return shell.report(judged.error());
  if (!written) return shell.report(written.error());
  if (!written->empty()) std::cerr << shell.strings.format("grade.set-aside", {written->string()}) << "\n";
  return summarise(shell, *session, *judged);
}

}  // namespace

CommandSpec grade_command() {
  const auto declare = [](CLI::App& command, const Shell& shell) -> Run {
    const auto options = std::make_shared<GradeOptions>();
    command.add_option("EXERCISES", options->exercises, shell.help("grade-exercises"))->expected(0, -1);
    command.add_option("--course", options->course, shell.help("grade-course"))->type_name("FILE.toml");
    command.add_option("--submissions", options->submissions, shell.help("grade-submissions"))->type_name("DIR|ZIP");
    command.add_option("--out", options->out, shell.help("grade-out"))->type_name("DIR");
    command.add_option("--roster", options->roster, shell.help("grade-roster"))->type_name("FILE.csv");
    command.add_option("--overrides", options->overrides, shell.help("grade-overrides"))->type_name("FILE.csv");
    command.add_option("--jobs", options->jobs, shell.help("grade-jobs"))->check(CLI::Range(1, 256))->type_name("N");
    command.add_option("--only", options->only, shell.help("grade-only"))
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    command.add_option("--csv", options->format, shell.help("grade-csv"))->check(CLI::IsMember({"plain", "en", "ru"}));
    command.add_option("--engine", options->engine, shell.help("grade-engine"))
        ->check(CLI::IsMember({"local", "slurm"}));
    command.add_option("--part", options->part)->group("");   // of a job array's tasks; not for people
    command.add_option("--template", options->pattern, shell.help("grade-template"))
        ->check(CLI::IsMember({"gradescope", "github"}));
    command.add_option("--to", options->to, shell.help("grade-to"))->type_name("DIR");
    return [options](Shell& run_shell) { return grade(run_shell, *options); };
  };
  return {"grade", declare, false};
}

}  // namespace tb::app
