// Each ending happens to a process of its own; what the next start makes of it is looked at from here.
#include "tests/catch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "app/last_run.h"
#include "base/files.h"
#include "tests/temporary_folder.h"

using namespace tb;
using tb::app::LastRun;

namespace {

// A reader that begins in the folder, does `what`, and ends well unless that ended it. Its status as wait() gives it.
int reader(const std::filesystem::path& folder, const std::function<void()>& what) {
  const pid_t child = fork();
  if (child == 0) {
    for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGTERM}) std::signal(signal, SIG_DFL);   // Catch2 has its own
    {
      const LastRun run(folder);
      what();
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

int deep(volatile int* last, int left) {
  volatile int here[1024] = {left, *last};
  return left < 0 ? here[1] : deep(here, left + 1) + here[0];
}

}  // namespace

TEST_CASE("a good end leaves no mark") {
  const TemporaryFolder folder;
  const auto end = GENERATE(0, 1, 2);
  if (end == 0) reader(folder.path, [] {});
  if (end == 1) reader(folder.path, [] { std::exit(1); });   // what the window's library does when the display goes
  if (end == 2) {
    const int status = reader(folder.path, [] { raise(SIGTERM); });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGTERM);
  }
  CHECK(!LastRun(folder.path).ended_badly());
}

TEST_CASE("a crash is noticed once, and its log names the signal") {
  const TemporaryFolder folder;
  const int status = reader(folder.path, [] { raise(SIGSEGV); });
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
  {
    const LastRun next(folder.path);
    CHECK(next.ended_badly());
    const auto log = read_file(next.log());
    REQUIRE(log);
    CHECK(has(*log, "Segmentation fault"));
    CHECK(has(*log, "last_run_test"));   // the calls
  }
  CHECK(!LastRun(folder.path).ended_badly());
}

TEST_CASE("an exception that nobody caught is quoted") {
  const TemporaryFolder folder;
  reader(folder.path, [] { [&]() noexcept { throw std::runtime_error("thirty-three bottles"); }(); });
  const LastRun next(folder.path);
  REQUIRE(next.ended_badly());
  CHECK(has(read_file(next.log()).value_or(""), "thirty-three bottles"));
}

TEST_CASE("a stack that is full is written down, too") {
  const TemporaryFolder folder;
  volatile int zero = 0;
  reader(folder.path, [&] { deep(&zero, 0); });
  const LastRun next(folder.path);
  REQUIRE(next.ended_badly());
  CHECK(has(read_file(next.log()).value_or(""), "Segmentation fault"));
}

TEST_CASE("a killed reader leaves its mark without a log") {
  const TemporaryFolder folder;
  reader(folder.path, [] { raise(SIGKILL); });
  const LastRun next(folder.path);
  CHECK(next.ended_badly());
  CHECK(next.log().empty());
}

TEST_CASE("another reader that runs has not ended") {
  const TemporaryFolder folder;
  const LastRun ours(folder.path);
  bool theirs_ended = true;
  int answer[2];
  REQUIRE(pipe(answer) == 0);
  reader(folder.path, [&] {});   // looks at our mark, and leaves it
  const pid_t child = fork();
  if (child == 0) {
    const bool ended = LastRun(folder.path).ended_badly();
    [[maybe_unused]] const auto sent = write(answer[1], &ended, sizeof ended);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  REQUIRE(read(answer[0], &theirs_ended, sizeof theirs_ended) == sizeof theirs_ended);
  CHECK(!theirs_ended);
}

TEST_CASE("a folder that cannot be written is no reason not to start") {
  const LastRun run("/proc/nowhere");
  CHECK(!run.ended_badly());
}
