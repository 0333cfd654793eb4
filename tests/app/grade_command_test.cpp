// `textbook grade`, run as a teaching assistant runs it: interrupted, misused, on a full disk, under Gradescope.
#include "tests/catch.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "tests/temporary_folder.h"

namespace fs = std::filesystem;
using Json = nlohmann::json;
using namespace tb;

namespace {

const fs::path kSoftmax = fs::path(TEXTBOOK_SOURCE_DIR) / "chapters/02-token-logit-probability/exercises/softmax";

void put(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

struct Outcome {
  int code;
  std::string out, err;
  Json json() const { return Json::parse(code == 2 ? err : out, nullptr, false); }
};

struct Course {
  TemporaryFolder folder;
  fs::path in = folder.path / "in";

  Outcome run(const std::string& arguments, const std::string& before = "") const {
    const fs::path out = folder.path / "stdout", err = folder.path / "stderr";
    const std::string command = "cd '" + folder.path.string() + "' && " + before + " '" TEXTBOOK_BINARY "' grade " +
                                arguments + " >'" + out.string() + "' 2>'" + err.string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out).value(), read_file(err).value()};
  }
  std::string code(const std::string& arguments) const {
    const auto outcome = run(arguments + " --json");
    CHECK(outcome.code == 2);
    return outcome.json()["error"]["code"];
  }
  std::size_t verdicts(const char* out) const {
    std::error_code none;
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder.path / out / "verdicts", none))
      count += entry.path().extension() == ".json";
    return count;
  }
};

// Different files that do not compile: each is judged in a moment.
void hand_in(const Course& course, int count) {
  for (int i = 0; i < count; ++i)
    put(course.in / ("student" + std::to_string(i)) / "softmax.cpp",
        "void softmax(" + std::string(static_cast<std::size_t>(i), '('));
}

}  // namespace

TEST_CASE("What kill -9 interrupts goes on without judging again, to the same grades", "[grade]") {
  const Course course;
  hand_in(course, 10);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 1);
    ::dup2(null, 2);
    const auto in = course.in.string(), out = (course.folder.path / "out").string();
    ::execl(TEXTBOOK_BINARY, TEXTBOOK_BINARY, "grade", "softmax", "--submissions", in.c_str(), "--out", out.c_str(),
            "--jobs", "1", nullptr);
    ::_exit(127);
  }
  while (course.verdicts("out") < 3 && ::waitpid(pid, nullptr, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  const auto kept = course.verdicts("out");
  REQUIRE(kept >= 3);
  const auto rest = course.run("softmax --submissions in --out out --json");
  CHECK(rest.code == 0);
  CHECK(rest.json()["judged"] == 10 - kept);
  CHECK(course.run("softmax --submissions in --out whole --jobs 2").code == 0);
  CHECK(read_file(course.folder.path / "out/grades.csv").value() ==
        read_file(course.folder.path / "whole/grades.csv").value());
}

TEST_CASE("Wrong use is told, and nothing is judged", "[grade]") {
  const Course course;
  hand_in(course, 1);
  CHECK(course.code("--submissions in --out out") == "grade.missing-option");
  CHECK(course.code("softmax --out out") == "grade.missing-option");
  CHECK(course.code("softmax --submissions in") == "grade.missing-option");
  CHECK(course.code("softmacks --submissions in --out out") == "exercise.unknown");
  CHECK(course.code("./nowhere --submissions in --out out") == "file.open");
  CHECK(course.code("softmax --submissions nowhere --out out") == "grade.submissions");
  CHECK(course.code("--course nowhere.toml") == "file.open");
  CHECK(course.code("softmax --submissions in --out out --csv de") == "cli.wrong");
  CHECK(course.code("softmax --submissions in --out in/student0/softmax.cpp") == "file.write");
  CHECK(course.verdicts("out") == 0);
  fs::create_directory(course.folder.path / "nobody");
  CHECK(course.run("softmax --submissions nobody --out empty").code == 1);
  CHECK(fs::exists(course.folder.path / "empty/grades.csv"));
  // No file can grow: what a full disk does.
  const auto full = course.run("softmax --submissions in --out out --json", "trap '' XFSZ; ulimit -f 0;");
  CHECK(full.code != 0);
  CHECK(course.run("softmax --submissions in --out out").code == 0);
}

TEST_CASE("A course file is enough, and its own exercise is judged", "[grade]") {
  const Course course;
  fs::create_directories(course.folder.path / "own");
  fs::copy(kSoftmax, course.folder.path / "own" / "softmax", fs::copy_options::recursive);
  fs::remove(course.folder.path / "own" / "softmax" / "ru.md");   // in one language only
  put(course.in / "7.cpp", read_file(kSoftmax / "solution.cpp").value());
  put(course.folder.path / "roster.csv", "id,name,language\n7,Анна,ru\n8,Боб,ru\n");
  put(course.folder.path / "course.toml", "submissions = 'in'\nout = 'out'\nroster = 'roster.csv'\ncsv = 'ru'\n"
                                          "[[exercise]]\nfolder = 'own/softmax'\nweight = 2.5\n");
  CHECK(course.run("--course course.toml", "mkdir -p elsewhere && cd elsewhere && cd .. &&").code == 0);
  const auto table = read_file(course.folder.path / "out/grades.csv").value();
  CHECK(table.find("7;Анна;;7;graded;2,5;2,5;0;0;2,5;2,5;") != std::string::npos);
  CHECK(read_file(course.folder.path / "out/submissions/7/feedback.txt")
            .value()
            .find("для курса это баллы: 2,5 из 2,5\n") != std::string::npos);
  put(course.folder.path / "own" / "softmax" / "check.cpp", "no check");
  CHECK(course.code("--course course.toml") == "exercise.own-check");
  CHECK(read_file(course.folder.path / "out/grades.csv").value() == table);   // what there was stays
  CHECK(table.find("8;Боб;;;missing;;0;0;0;0;2,5;") != std::string::npos);
}

TEST_CASE("The autograder for Gradescope grades where Gradescope puts things", "[grade]") {
  const Course course;
  CHECK(course.run("softmax --template gradescope --to ag").code == 0);
  CHECK(course.run("softmax --template gradescope --to ag").code == 2);   // nothing is written over
  CHECK(fs::exists(course.folder.path / "ag/textbook/CMakeLists.txt"));
  CHECK_FALSE(fs::exists(course.folder.path / "ag/textbook/.git"));
  const fs::path root = course.folder.path / "autograder";
  put(root / "submission" / "softmax.cpp", read_file(kSoftmax / "wrong/overflow.cpp").value());
  put(root / "submission_metadata.json", "{}");
  fs::rename(course.folder.path / "ag", root / "source");
  const std::string command = "AUTOGRADER_ROOT='" + root.string() +
                              "' TEXTBOOK='" TEXTBOOK_BINARY "' TEXTBOOK_CACHE='" + cache_folder().string() + "' '" +
                              root.string() + "/source/run_autograder' >/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto results = Json::parse(read_file(root / "results/results.json").value());
  CHECK(results["score"] == 4);
  REQUIRE(results["tests"].size() == 3);
  CHECK(results["tests"][0]["status"] == "passed");
  CHECK(results["tests"][1]["score"] == 0);
  CHECK(std::system(("bash -n '" + root.string() + "/source/setup.sh'").c_str()) == 0);
}

TEST_CASE("The workflow for GitHub has the names that its classrooms look for", "[grade]") {
  const Course course;
  CHECK(course.run("softmax top_p --template github --to gh").code == 0);
  const auto text = read_file(course.folder.path / "gh/.github/workflows/classroom.yml").value();
  CHECK(text.find("name: Autograding Tests\n") != std::string::npos);
  CHECK(text.find("  run-autograding-tests:\n") != std::string::npos);
  CHECK(text.find("grade softmax top_p --lang") != std::string::npos);
  CHECK(text.find('@' + std::string("EXERCISES")) == std::string::npos);
}
