#include "app/exercise_judge.h"

#include <algorithm>
#include <cstdlib>

#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/saves.h"
#include "base/files.h"
#include "labs/exercise/report.h"

namespace tb::app {

namespace {

// Editors that need a terminal; the others open a window by themselves.
constexpr std::string_view kInTerminal[] = {"vi", "vim", "nvim", "nano", "micro", "hx", "helix", "joe", "ne", "ed"};

using State = viewer::CheckView::State;

// A plain sentence, in which only `names` are marked, as Markdown that shows just that: what a submission threw or what
// a type is called may hold any sign.
std::string as_markdown(std::string_view plain) {
  std::string out;
  for (std::size_t at = 0; at < plain.size(); ++at) {
    const std::size_t end = plain[at] == '`' ? plain.find('`', at + 1) : std::string_view::npos;
    if (end != std::string_view::npos) {
      out += plain.substr(at, end + 1 - at);
      at = end;
      continue;
    }
    if (std::string_view("\\`*_{}[]()<>#+-.!|~&$").find(plain[at]) != std::string_view::npos) out += '\\';
    out += plain[at];
  }
  return out;
}

viewer::CheckedCase worded(const exercise::CaseVerdict& one, bool earns, const exercise::Words& words) {
  const exercise::Outcome& outcome = one.outcome;
  viewer::CheckedCase said;
  const auto title = words.texts.cases.find(one.id);
  said.title = title == words.texts.cases.end() ? one.id : title->second;
  said.passed = one.passed();
  said.most = one.points;
  said.points = earns && one.passed() ? one.points : 0;
  said.measured = exercise::measured_line(outcome, words.strings);
  if (said.passed) return said;
  for (const auto& input : outcome.inputs) said.rows.push_back({input.name, exercise::show(input, -1, words.strings)});
  if (!outcome.got.values.empty() || !outcome.expected.values.empty()) {
    const auto add = [&](const char* key, const exercise::Shown& shown) {
      said.rows.push_back({words.strings.get(key), exercise::show(shown, outcome.largest_at, words.strings)});
    };
    add("exercise.expected", outcome.expected);
    add("exercise.got", outcome.got);
    if (outcome.largest_at >= 0) said.error = exercise::error_line(outcome, words.strings);
  }
  said.hint = exercise::explain(outcome, words);          // the exercise's own reasons are Markdown
  if (!words.texts.reasons.contains(outcome.reason)) said.hint = as_markdown(said.hint);
  said.printed = exercise::printable(one.printed).substr(0, 2000);
  return said;
}

}  // namespace

ExerciseJudge::ExerciseJudge(std::function<void()> wake, exercise::OpenLiveModel model)
    : wake_(std::move(wake)), model_(std::move(model)), thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

ExerciseJudge::~ExerciseJudge() {
  const std::lock_guard lock(mutex_);
  orders_.clear();
  ending_.request_stop();
  thread_.request_stop();
  const std::uint64_t one = 1;
  if (unwatch_) (void)!::write(unwatch_.get(), &one, sizeof one);
}

Result<viewer::Exercise> ExerciseJudge::read(const std::string& id, const std::string& language) {
  auto found = exercise::find_exercise(textbook_root() / "chapters", id);
  if (!found) return tl::unexpected(found.error());
  auto texts = exercise::read_texts(*found, language);
  if (!texts) return tl::unexpected(texts.error());
  auto starter = read_file(found->file("starter.cpp")), solution = read_file(found->file("solution.cpp"));
  if (!starter) return tl::unexpected(starter.error());
  if (!solution) return tl::unexpected(solution.error());
  viewer::Exercise told;
  told.id = found->id;
  told.chapter = found->chapter;
  told.title = texts->title;
  told.statement = texts->statement;
  told.function = found->function;
  told.hints = texts->hints;
  told.difficulty = found->difficulty;
  told.minutes = found->minutes;
  told.points = found->points();
  told.starter = std::move(*starter);
  told.solution = std::move(*solution);
  told.file = workspace_file(id);
  Known& known = known_[id];
  known.exercise = std::move(*found);
  known.texts[language] = std::move(*texts);
  return told;
}

std::shared_ptr<const Result<viewer::Exercise>> ExerciseJudge::find(const std::string& id, std::string_view language) {
  const Key key(id, language);
  auto at = found_.find(key);
  if (at == found_.end())
    at = found_.emplace(key, std::make_shared<const Result<viewer::Exercise>>(read(id, key.second))).first;
  return at->second;
}

void ExerciseJudge::check(const std::string& id, std::string source, bool sanitize) {
  const std::lock_guard lock(mutex_);
  std::erase_if(orders_, [&](const Order& order) { return order.id == id; });
  if (judged_ == id) ending_.request_stop();
  Standing& standing = standings_[id];
  standing.state = State::waiting;
  standing.number = ++number_;
  ++standing.version;
  standing.verdict = {};
  standing.error.reset();
  orders_.push_back({id, std::move(source), standing.number, sanitize});
  changed_.notify_one();
}

void ExerciseJudge::stop(const std::string& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(orders_, [&](const Order& order) { return order.id == id; });
  if (judged_ == id) ending_.request_stop();
  Standing& standing = standings_[id];
  if (standing.state != State::waiting && standing.state != State::compiling && standing.state != State::running) return;
  standing.state = State::stopped;
  ++standing.version;
}

void ExerciseJudge::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    Order order;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !orders_.empty(); })) return;
      order = std::move(orders_.front());
      orders_.pop_front();
      judged_ = order.id;
      ending_ = std::stop_source();
      standings_[order.id].state = State::compiling;
      ++standings_[order.id].version;
    }
    if (wake_) wake_();
    judge(order);
    {
      const std::lock_guard lock(mutex_);
      judged_.clear();
    }
    if (wake_) wake_();
  }
}

void ExerciseJudge::judge(const Order& order) {
  // What became of it, unless it was stopped or another check of the exercise was asked for meanwhile.
  const auto publish = [&](State state, const exercise::Verdict* verdict, const Error* error) {
    const std::lock_guard lock(mutex_);
    Standing& standing = standings_[order.id];
    if (standing.number != order.number || standing.state == State::stopped) return;
    standing.state = state;
    ++standing.version;
    if (verdict) standing.verdict = *verdict;
    if (error) standing.error = *error;
  };
  exercise::CompileOptions options;
  options.sanitize = order.sanitize;
  {
    const std::lock_guard lock(mutex_);
    options.stop = ending_.get_token();
  }
  const auto judged = [&]() -> Result<exercise::Verdict> {
    auto found = exercise::find_exercise(textbook_root() / "chapters", order.id);
    if (!found) return tl::unexpected(found.error());
    if (!toolchain_) {
      auto opened = exercise::Toolchain::open();
      if (!opened) return tl::unexpected(opened.error());
      toolchain_.emplace(std::move(*opened));
    }
    return exercise::judge(*toolchain_, *found, order.source, order.id + ".cpp", options,
                           [&](const exercise::Verdict& so_far) {
                             publish(State::running, &so_far, nullptr);
                             if (wake_) wake_();
                           },
                           model_);
  }();
  if (judged) publish(State::done, &*judged, nullptr);
  else publish(judged.error().code == "exercise.stopped" ? State::stopped : State::failed, nullptr, &judged.error());
}

std::shared_ptr<const viewer::CheckView> ExerciseJudge::view(const std::string& id, const Strings& strings) {
  const Key key(id, strings.language());
  auto& [version, view] = worded_[key];
  Standing standing;
  {
    const std::lock_guard lock(mutex_);
    if (view && standings_[id].version == version) return view;
    standing = standings_[id];
  }
  auto told = std::make_shared<viewer::CheckView>();
  told->state = standing.state;
  told->number = standing.number;
  told->error = standing.error;
  const exercise::Verdict& verdict = standing.verdict;
  told->compiled = verdict.compiled;
  told->passed = standing.state == State::done && verdict.passed();
  told->points = verdict.points;
  told->most = verdict.most;
  const auto found = find(id, strings.language());
  if (*found && standing.state != State::none) {
    const Known& known = known_.at(id);
    const exercise::Words words{known.texts.at(key.second), strings};
    told->of = known.exercise.cases.size();
    if (standing.state == State::done && !verdict.compiled)
      told->not_compiled = strings.get("exercise.reason." + verdict.reason());
    for (const auto& one : verdict.diagnostics)
      told->notes.push_back({one.line, one.column, one.error, exercise::explain(one, strings),
                             one.plain.empty() ? std::string() : one.text, as_markdown(exercise::explain(one, strings))});
    // What a closer look found, at its line in the editor.
    for (const auto& one : verdict.cases) {
      exercise::Outcome said = one.outcome;
      const int line = std::exchange(said.line, 0);
      const auto same = [&](const auto& note) { return note.line == line; };
      if (line > 0 && std::none_of(told->notes.begin(), told->notes.end(), same))
        told->notes.push_back({line, 1, true, exercise::explain(said, words), "", as_markdown(exercise::explain(said, words))});
    }
    const bool earns = standing.state != State::done || verdict.points > 0;
    for (const auto& one : verdict.cases) told->cases.push_back(worded(one, earns, words));
  }
  version = standing.version;
  view = std::move(told);
  return view;
}

void ExerciseJudge::watch(const std::filesystem::path& folder) {
  if (watcher_.joinable()) return;                        // there is one folder of the learner's
  unwatch_ = exercise::FileDescriptor(::eventfd(0, EFD_CLOEXEC));
  watcher_ = std::jthread([this, folder, stop = unwatch_.get()] {
    Saves saves(folder);
    while (saves.watching() && !saves.wait(stop).empty())
      if (wake_) wake_();
  });
}

// A terminal of its own is what x-terminal-emulator opens, Debian's name for the one that is there.
Result<void> ExerciseJudge::open_editor(const std::filesystem::path& file) {
  const char* editor = std::getenv("VISUAL");
  if (!editor || !*editor) editor = std::getenv("EDITOR");
  if (!editor || !*editor) return fail("exercise.no-editor", file.string());
  // $EDITOR may hold options ("code --wait"): a shell reads it, and is given the file as an argument of its own.
  const std::string command = std::string(editor) + " \"$0\"", path = file.string();
  const std::string name = std::filesystem::path(command.substr(0, command.find(' '))).filename().string();
  const bool in_terminal = std::find(std::begin(kInTerminal), std::end(kInTerminal), name) != std::end(kInTerminal);
  const pid_t pid = ::fork();
  if (pid < 0) return fail("exercise.no-editor", path);
  if (pid == 0) {
    if (::fork() != 0) ::_exit(0);                         // its child belongs to nobody: no one has to wait for it
    ::setsid();
    if (in_terminal)
      ::execlp("x-terminal-emulator", "x-terminal-emulator", "-e", "sh", "-c", command.c_str(), path.c_str(), nullptr);
    else
      ::execl("/bin/sh", "sh", "-c", command.c_str(), path.c_str(), nullptr);
    ::_exit(127);
  }
  ::waitpid(pid, nullptr, 0);
  return {};
}

}  // namespace tb::app
