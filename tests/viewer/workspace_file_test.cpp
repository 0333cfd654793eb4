// The learner's file while it is edited: nothing typed is lost, nothing that another program wrote is overwritten.
#include "tests/catch.h"

#include <chrono>
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "viewer/exercises/workspace_file.h"

using namespace tb;
using viewer::WorkspaceFile;

namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("textbook-workspace-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
  }
  ~Folder() {
    std::error_code none;
    fs::remove_all(path_, none);
  }
  fs::path file() const { return path_ / "workspace" / "softmax.cpp"; }
  // As another program writes it, a while later than everything so far.
  void write(const std::string& text) const {
    REQUIRE(write_file(file(), text));
    fs::last_write_time(file(), fs::file_time_type::clock::now() + std::chrono::seconds(++later_));
  }

 private:
  fs::path path_;
  mutable int later_ = 1;
};

}  // namespace

TEST_CASE("a start writes the starter once, and never over what is there") {
  const Folder folder;
  WorkspaceFile file(folder.file());
  CHECK_FALSE(file.exists());
  REQUIRE(file.start("starter\n"));
  CHECK(*read_file(folder.file()) == "starter\n");
  folder.write("mine\n");
  REQUIRE(file.start("starter\n"));
  CHECK(*file.open() == "mine\n");
}

TEST_CASE("what was typed and not saved outlives kill -9") {
  const Folder folder;
  REQUIRE(WorkspaceFile(folder.file()).start("starter\n"));
  const pid_t pid = ::fork();
  if (pid == 0) {
    WorkspaceFile file(folder.file());
    if (!file.open()) ::_exit(1);
    file.keep("half a line");
    file.keep("half a line, then the whole\n");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  CHECK(*read_file(folder.file()) == "starter\n");
  WorkspaceFile file(folder.file());
  CHECK(*file.open() == "half a line, then the whole\n");
  CHECK_FALSE(file.other());
  REQUIRE(file.save("half a line, then the whole\n"));
  CHECK(*WorkspaceFile(folder.file()).open() == *read_file(folder.file()));
}

TEST_CASE("a file that another program writes is offered, and not overwritten before one of the two is chosen") {
  const Folder folder;
  WorkspaceFile file(folder.file());
  REQUIRE(file.start("starter\n"));
  REQUIRE(file.open());
  folder.write("theirs\n");
  file.keep("mine\n");
  const auto saved = file.save("mine\n");
  REQUIRE_FALSE(saved);
  CHECK(saved.error().code == "exercise.changed");
  CHECK(*read_file(folder.file()) == "theirs\n");
  REQUIRE(file.other() == "theirs\n");
  SECTION("theirs") {
    CHECK(file.take_other() == "theirs\n");
    CHECK(*WorkspaceFile(folder.file()).open() == "theirs\n");   // what was typed is gone, as was chosen
  }
  SECTION("mine") {
    file.overrule();
    REQUIRE(file.save("mine\n"));
    CHECK(*read_file(folder.file()) == "mine\n");
  }
  SECTION("the process ends before: both are still there") {
    WorkspaceFile next(folder.file());
    folder.write("theirs, later\n");
    CHECK(*next.open() == "mine\n");
    CHECK(next.other() == "theirs, later\n");
  }
  SECTION("the other program takes its change back") {
    folder.write("starter\n");
    file.look();
    CHECK_FALSE(file.other());
  }
}

TEST_CASE("what is no text is not shown as text, and stays as it is") {
  const Folder folder;
  WorkspaceFile file(folder.file());
  REQUIRE(file.start("x"));
  for (const std::string& bytes : {std::string("\xff\xfe half"), std::string("a\0b", 3), std::string((1 << 20) + 1, ' ')}) {
    folder.write(bytes);
    const auto opened = file.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == "exercise.no-text");
    CHECK(*read_file(folder.file()) == bytes);
  }
}
