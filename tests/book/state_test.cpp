#include "tests/catch.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "book/state.h"

using tb::book::State;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("textbook-state-" + std::to_string(::getpid()));
  fs::path file = path / "data" / "state.sqlite3";
  Folder() { fs::remove_all(path); }
  ~Folder() { fs::remove_all(path); }
};

// Runs `child` in a process of its own and returns how it ended.
template <class Child>
int in_child(Child child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    child();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

void run_sql(const fs::path& file, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

}  // namespace

TEST_CASE("settings come back at the next start") {
  Folder folder;
  const std::string text = "Привет\n\"'; DROP TABLE settings; --" + std::string("\0x", 2);
  {
    auto state = State::open(folder.file).value();
    CHECK_FALSE(state.get("language"));
    REQUIRE(state.set("language", "en"));
    REQUIRE(state.set("language", "ru"));
    REQUIRE(state.set("lab/02/capital", text));
    REQUIRE(state.set("empty", ""));
    auto moved = std::move(state);
    CHECK(moved.get("language") == "ru");
  }
  auto state = State::open(folder.file).value();
  CHECK(state.get("language") == "ru");
  CHECK(state.get("lab/02/capital") == text);
  CHECK(state.get("empty") == "");
  CHECK_FALSE(state.set_aside());
}

TEST_CASE("two windows share one state") {
  Folder folder;
  auto first = State::open(folder.file).value();
  auto second = State::open(folder.file).value();
  REQUIRE(first.set("theme", "dark"));
  CHECK(second.get("theme") == "dark");
}

TEST_CASE("a kill at any moment loses nothing that was stored") {
  Folder folder;
  REQUIRE(State::open(folder.file));
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      auto state = State::open(folder.file);
      for (int n = 1; state; ++n) {
        if (!state->set("counter", std::to_string(n)) || !state->set("long", std::string(5000, 'x'))) break;
        if (::write(pipe_ends[1], &n, sizeof n) != sizeof n) break;   // "n is stored", told before the kill
      }
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    int told = 0;
    for (int i = 0; i <= round * 3; ++i) REQUIRE(::read(pipe_ends[0], &told, sizeof told) == sizeof told);
    ::kill(pid, SIGKILL);
    while (::read(pipe_ends[0], &told, sizeof told) == sizeof told) {}   // what it told before it died
    ::close(pipe_ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    auto state = State::open(folder.file).value();
    CHECK_FALSE(state.set_aside());
    const int stored = std::stoi(state.get("counter").value());
    CHECK(stored >= told);
    CHECK(stored <= told + 1);
  }
}

TEST_CASE("a damaged file is set aside and a new one begun") {
  Folder folder;
  fs::create_directories(folder.file.parent_path());
  REQUIRE(tb::write_file(folder.file, "this is no database, and long enough to be read as one ..........."));
  {
    auto state = State::open(folder.file).value();
    REQUIRE(state.set_aside());
    CHECK(state.set_aside()->filename() == "state.sqlite3.damaged-1");
    CHECK(tb::read_file(*state.set_aside()).value().starts_with("this is no database"));
    for (int i = 0; i < 200; ++i) REQUIRE(state.set("key-" + std::to_string(i), std::string(300, 'x')));
  }
  // Now a real one with its pages overwritten, but for the header.
  const auto size = fs::file_size(folder.file);
  REQUIRE(size > 8192);
  {
    std::fstream damage(folder.file, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096);
    damage << std::string(size - 4096, '\xAB');
  }
  auto state = State::open(folder.file).value();
  REQUIRE(state.set_aside());
  CHECK(state.set_aside()->filename() == "state.sqlite3.damaged-2");
  CHECK_FALSE(state.get("key-1"));
  CHECK(state.set("key-1", "new"));
}

TEST_CASE("a newer version's file is left alone") {
  Folder folder;
  REQUIRE(State::open(folder.file).value().set("language", "ru"));
  run_sql(folder.file, "INSERT INTO migrations VALUES (1000, 'later')");
  const auto error = State::open(folder.file).error();
  CHECK(error.code == "state.newer");
  CHECK(error.args.at(0) == "1000");
  run_sql(folder.file, "DELETE FROM migrations WHERE version = 1000");
  CHECK(State::open(folder.file).value().get("language") == "ru");
}

TEST_CASE("a full disk is an error and loses nothing") {
  Folder folder;
  REQUIRE(State::open(folder.file).value().set("language", "ru"));
  // A limit on the size of files is the disk that is full for this process alone.
  const int status = in_child([&] {
    auto state = State::open(folder.file);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64 << 10, 64 << 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto result = state->set("large", std::string(1 << 20, 'x'));
    const bool right = !result && result.error().code == "state.write" && state->get("language") == "ru";
    if (!right) ::_exit(3);
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  auto state = State::open(folder.file).value();
  CHECK(state.get("language") == "ru");
  CHECK_FALSE(state.get("large"));
  CHECK_FALSE(state.set_aside());
}

TEST_CASE("a place that cannot be written is an error") {
  Folder folder;
  fs::create_directories(folder.path);
  REQUIRE(tb::write_file(folder.path / "data", "a file where the folder should be"));
  const auto error = State::open(folder.file).error();
  CHECK(error.code == "state.open");
  CHECK_FALSE(error.args.at(0).empty());
}
