// Submissions that mean harm, or do it by mistake. Each begins with "// expect: REASON DETAIL", the beginning of how it
// ends; each ends so, alone, and what is judged after it is judged as ever.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>

#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "labs/exercise/learner.h"
#include "labs/exercise/report.h"
#include "tests/exercise/rig.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::exercise;

namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(TEXTBOOK_SOURCE_DIR) / "tests/exercise/hostile";

// softmax, in so little time that loops without an end do not hold up the test.
Exercise softmax() {
  auto exercise = need(find_exercise(textbook_root() / "chapters", "softmax"));
  exercise.seconds = 0.3;
  return exercise;
}

struct Submission {
  std::string name, source, expected;
};
std::vector<Submission> submissions() {
  std::vector<Submission> list;
  for (const auto& file : fs::directory_iterator(kFolder)) {
    const auto source = need(read_file(file.path()));
    constexpr std::string_view mark = "// expect: ";
    REQUIRE(source.starts_with(mark));
    list.push_back({file.path().stem().string(), source, source.substr(mark.size(), source.find('\n') - mark.size())});
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return list;
}

std::string ending(const Verdict& verdict) {
  const std::string detail = verdict.cases.empty() ? "" : verdict.cases.front().outcome.detail;
  return verdict.reason() + (detail.empty() ? "" : " " + detail);
}

// Judges them in one way of confining; says which ended otherwise than they declare. Two at a time, as grading does.
std::string surprises(const Exercise& exercise, const CompileOptions& options, const std::vector<Submission>& list) {
  const auto means = isolation();
  if (!means) return means.error().code + " " + means.error().where;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    auto toolchain = Toolchain::open();
    if (!toolchain) return toolchain.error().code + " " + toolchain.error().where;
    std::string all;
    for (std::size_t i = next++; i < list.size(); i = next++) {
      const auto& one = list[i];
      const auto verdict = judge(*toolchain, exercise, one.source, "softmax.cpp", options);
      if (!verdict) {
        all += one.name + ": " + verdict.error().code + " " + verdict.error().where + "\n";
        continue;
      }
      // Where the kernel cannot tell which call was forbidden, the verdict cannot either.
      const std::string expected = means->notify ? one.expected : one.expected.substr(0, one.expected.find(' '));
      if (!ending(*verdict).starts_with(expected)) all += one.name + ": " + ending(*verdict) + ", not " + one.expected + "\n";
      if (verdict->points > 0) all += one.name + ": has points\n";
    }
    const auto honest = judge(*toolchain, exercise, read_file(exercise.file("solution.cpp")).value_or(""), "softmax.cpp", options);
    if (!honest || !honest->passed()) all += "an honest one after them: " + (honest ? ending(*honest) : honest.error().code) + "\n";
    return all;
  };
  auto other = std::async(std::launch::async, work);
  const auto own = work();
  return own + other.get();
}

// Those whose names begin with one of the words.
std::vector<Submission> only(std::initializer_list<std::string_view> words) {
  auto list = submissions();
  std::erase_if(list, [&](const auto& one) {
    return std::none_of(words.begin(), words.end(), [&](auto word) { return one.name.starts_with(word); });
  });
  return list;
}

}  // namespace

TEST_CASE("Every hostile submission ends as it declares, alone", "[exercise]") {
  const auto means = need(isolation());
  if (!means.notify) WARN("This kernel or container cannot tell which call was forbidden: names are not compared.");
  if (means.bubblewrap) {
    CHECK(surprises(softmax(), {.cpu_seconds = 2}, submissions()) == "");
    CHECK_FALSE(fs::exists("left-behind"));
  } else {
    WARN("bubblewrap cannot run here: skipped, Landlock alone is tried.");
  }
  if (means.landlock) {
    CHECK(surprises(softmax(), {.cpu_seconds = 2, .without_bubblewrap = true}, means.bubblewrap ? only({"compile"}) : submissions()) == "");
  } else {
    WARN("This kernel has no Landlock: skipped.");
  }
}

TEST_CASE("As an ordinary user hostile submissions end alike", "[exercise]") {
  if (::geteuid() != 0) {
    WARN("This is an ordinary user: the test above was it.");
    return;
  }
  constexpr uid_t kNobody = 65534;
  ::TemporaryFolder folder;
  REQUIRE(::chown(folder.path.c_str(), kNobody, kNobody) == 0);
  const fs::path said = folder.path / "said";
  // What a process's user decides: whom it can signal, trace and read, and how many it may start.
  const auto list = only({"fork", "kills", "ptrace", "reads", "writes-a", "static", "compile-includes", "compile-embeds"});
  const auto exercise = softmax();
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    if (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0) ::_exit(3);
    if (::access((kFolder / "socket.cpp").c_str(), R_OK) != 0) ::_exit(4);
    ::setenv("TEXTBOOK_CACHE", folder.path.c_str(), 1);
    ::setenv("TMPDIR", folder.path.c_str(), 1);
    std::ofstream(said) << surprises(exercise, {.cpu_seconds = 2}, list);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 4) {
    WARN("The sources lie where an ordinary user cannot read them: skipped.");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(need(read_file(said)) == "");
}

TEST_CASE("Where nothing can confine the compiler, nothing is judged, unless it is one's own file", "[exercise]") {
  auto toolchain = need(Toolchain::open());
  CompileOptions options{.without_bubblewrap = true, .without_landlock = true};
  const auto source = need(read_file(softmax().file("solution.cpp")));
  const auto refused = judge(toolchain, softmax(), source, "softmax.cpp", options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "exercise.isolation");
  options.allow_unconfined = true;
  CHECK(need(judge(toolchain, softmax(), source, "softmax.cpp", options)).passed());
}

TEST_CASE("The compiler sees no file of the user's, whatever is included", "[exercise]") {
  ::TemporaryFolder folder;
  fs::permissions(folder.path, fs::perms{0755});
  const fs::path secret = folder.path / "secret.h";
  std::ofstream(secret) << "#error the-secret-words\n";
  auto toolchain = need(Toolchain::open());
  const auto means = need(isolation());
  for (const bool landlock : {false, true}) {
    if (landlock ? !means.landlock : !means.bubblewrap) continue;
    const std::string source = "#include \"" + secret.string() + "\"\n";
    const auto verdict = need(judge(toolchain, softmax(), source, "softmax.cpp", {.without_bubblewrap = landlock}));
    const auto strings = need(Strings::load(textbook_root() / "assets/strings", "en"));
    const auto texts = need(read_texts(softmax(), "en"));
    CHECK(verdict.reason() == "compile");
    CHECK(report_text(verdict, {texts, strings}).find("the-secret-words") == std::string::npos);
  }
}
