// What is found among what was handed in. The names of platforms are as their sources make them: Moodle's
// mod/assign/classes/downloader.php, Canvas's lib/content_zipper.rb.
#include <sys/stat.h>
#include <unistd.h>

#include "labs/exercise/grade/handed_in.h"
#include "labs/exercise/grade/roster.h"
#include "labs/exercise/grade/submission.h"
#include "tests/exercise/grade/class.h"

using namespace tb;
using namespace tb::exercise;

namespace {

namespace fs = std::filesystem;

struct Named {
  const char* given;
  const char *submission, *name, *id, *file;
  bool late;
};

Contents contents(std::vector<std::pair<std::string, std::string>> files) {
  Contents result;
  for (auto& [path, bytes] : files) result.files.push_back({path, bytes, ""});
  return result;
}

Submission in_place(const fs::path& path, const std::string& name = "") {
  Submission submission;
  submission.places = {{path, name}};
  return submission;
}

std::string problem_of(const std::string& archive) {
  Folder folder;
  put(folder.path / "ann.zip", archive);
  const auto read = read_submission(in_place(folder.path / "ann.zip", "ann.zip"));
  return find_solution(read, "softmax", true).problem;
}

}  // namespace

TEST_CASE("Names of Moodle and Canvas tell who handed in what", "[grade]") {
  const Named names[] = {
      {"Ann Smith_12345_assignsubmission_file_", "Ann Smith_12345", "Ann Smith", "12345", "", false},
      {"Ann Smith_12345_assignsubmission_file", "Ann Smith_12345", "Ann Smith", "12345", "", false},
      {"Ann Smith_12345_assignsubmission_file_my_softmax.cpp", "Ann Smith_12345", "Ann Smith", "12345",
       "my_softmax.cpp", false},
      {"Participant_77_assignsubmission_onlinetext_", "Participant_77", "Participant", "77", "", false},
      {"Анна Смирнова_9_assignsubmission_file_", "Анна Смирнова_9", "Анна Смирнова", "9", "", false},
      {"smithann_12345_67890_softmax.cpp", "smithann_12345", "smithann", "12345", "softmax.cpp", false},
      {"smithann_LATE_12345_67890_softmax-1.cpp", "smithann_12345", "smithann", "12345", "softmax-1.cpp", true},
      {"anon_x7Yz2_67890_softmax.cpp", "anon_x7Yz2", "", "", "softmax.cpp", false},
      {"LATE_anon_x7Yz2_67890_softmax.cpp", "anon_x7Yz2", "", "", "softmax.cpp", true},
      {"smithann_12345_67890_log_sum_exp.cpp", "smithann_12345", "smithann", "12345", "log_sum_exp.cpp", false},
  };
  for (const auto& one : names) {
    CAPTURE(one.given);
    const auto found = handed_in(one.given);
    REQUIRE(found);
    CHECK(found->submission == one.submission);
    CHECK(found->name == one.name);
    CHECK(found->id == one.id);
    CHECK(found->file == one.file);
    CHECK(found->late == one.late);
  }
  for (const char* name :
       {"softmax.cpp", "ann", "ann_smith", "_assignsubmission_file_", "lab_2_softmax.cpp", "a_1_2_", "", "_____"}) {
    CAPTURE(name);
    CHECK_FALSE(handed_in(name));
  }
}

TEST_CASE("The solution is the file of the exercise's name, else what can be meant", "[grade]") {
  const auto path = [](const Contents& c, bool only = true) {
    const auto found = find_solution(c, "log_sum_exp", only);
    return found.problem.empty() ? found.path : found.problem;
  };
  CHECK(path(contents({{"log_sum_exp.cpp", "x"}, {"main.cpp", "y"}})) == "log_sum_exp.cpp");
  CHECK(path(contents({{"src/log_sum_exp.cpp", "x"}, {"src/log_sum_exp.h", "y"}})) == "src/log_sum_exp.cpp");
  for (const char* name : {"log_sum_exp-1.cpp", "Log_Sum_Exp.CPP", "log_sum_exp (2).cpp", "log-sum-exp.cc",
                           "logsumexp.cxx", "log_sum_exp.cpp.txt"}) {
    CAPTURE(name);
    CHECK(path(contents({{name, "x"}, {"other.cpp", "y"}})) == name);
  }
  CHECK(path(contents({{"main.cpp", "x"}, {"notes.txt", ""}})) == "main.cpp");
  CHECK(path(contents({{"main.cpp", "x"}}), false) == "file-missing");  // one of several exercises: it has to say which
  CHECK(path(contents({{"a.cpp", "x"}, {"b.cpp", "y"}})) == "file-several");
  CHECK(path(contents({{"a/log_sum_exp.cpp", "x"}, {"b/log_sum_exp.cpp", "y"}})) == "file-several");
  CHECK(path(contents({{"a/log_sum_exp.cpp", "x"}, {"b/log_sum_exp.cpp", "x"}})) == "a/log_sum_exp.cpp");
  CHECK(path(contents({{"log_sum_exp.cpp", "x"}, {"old/log_sum_exp.cpp", "y"}})) == "log_sum_exp.cpp");
  CHECK(path(contents({})) == "file-missing");
  CHECK(path(contents({{"log_sum_exp.cpp", " \r\n\t"}})) == "file-empty");
  CHECK(path(contents({{"log_sum_exp.cpp", "int a; // \xe0\xe1"}})) == "file-encoding");
  CHECK(path(contents({{"log_sum_exp.cpp", std::string("\xff\xfei\0n\0", 6)}})) == "file-encoding");
  CHECK(path(contents({{"._log_sum_exp.cpp", "macOS"}, {"log_sum_exp.cpp", "x"}})) == "log_sum_exp.cpp");
}

TEST_CASE("Archives are read within limits, and nothing of them is unpacked", "[grade]") {
  CHECK(problem_of(packed({{"softmax.cpp", "int a;"}})) == "");
  CHECK(problem_of(packed({{"hand-in/softmax.cpp", "int a;"}, {"__MACOSX/hand-in/._softmax.cpp", "x"}})) == "");
  CHECK(problem_of(packed({{"hand-in\\softmax.cpp", "int a;"}})) == "");          // Windows' own separators
  CHECK(problem_of(packed({{"../../softmax.cpp", "int a;"}})) == "archive-path");
  CHECK(problem_of(packed({{"/etc/softmax.cpp", "int a;"}})) == "archive-path");
  CHECK(problem_of(packed({{"C:/softmax.cpp", "int a;"}})) == "archive-path");
  CHECK(problem_of(packed({{"softmax.cpp", "-> /etc/passwd"}})) == "file-link");
  CHECK(problem_of("no archive at all") == "archive-broken");
  CHECK(problem_of(packed({{"softmax.cpp", "int a;"}}).substr(0, 40)) == "archive-broken");
  CHECK(problem_of("") == "archive-broken");
  CHECK(problem_of(packed({{"softmax.cpp", std::string(3 << 20, ' ')}})) == "file-too-large");
  // 300 MB of zeros in 300 kB.
  CHECK(problem_of(packed({{"softmax.cpp", "int a;"}, {"data.bin", std::string(300 << 20, '\0')}})) ==
        "archive-too-large");
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 3000; ++i) many.push_back({std::to_string(i) + ".txt", ""});
  CHECK(problem_of(packed(many)) == "too-many-files");
  Folder folder;
  put(folder.path / "ann" / "hw.tar.gz", packed({{"softmax.cpp", "int a;"}}, false));
  CHECK(find_solution(read_submission(in_place(folder.path / "ann")), "softmax", true).source == "int a;");
}

TEST_CASE("Links and special files are not followed, folders have a limit", "[grade]") {
  Folder folder;
  const auto problem = [&](const char* name) {
    return find_solution(read_submission(in_place(folder.path / name)), "softmax", true).problem;
  };
  put(folder.path / "secret.cpp", "int secret;");
  fs::create_directory(folder.path / "link");
  fs::create_symlink(folder.path / "secret.cpp", folder.path / "link" / "softmax.cpp");
  CHECK(problem("link") == "file-link");
  fs::create_directory_symlink(folder.path, folder.path / "folder-link");
  CHECK(problem("folder-link") == "folder-link");
  fs::create_directory(folder.path / "inner");
  fs::create_directory_symlink(folder.path, folder.path / "inner" / "softmax");   // a link to a folder is not entered
  CHECK(problem("inner") == "file-missing");
  fs::create_directory(folder.path / "pipe");
  REQUIRE(::mkfifo((folder.path / "pipe" / "softmax.cpp").c_str(), 0644) == 0);
  CHECK(problem("pipe") == "file-unreadable");
  for (int i = 0; i < 2100; ++i) put(folder.path / "many" / std::to_string(i), "");
  put(folder.path / "many" / "softmax.cpp", "int a;");
  CHECK(problem("many") == "too-many-files");
  put(folder.path / "large" / "softmax.cpp", std::string(2 << 20, ' '));
  CHECK(problem("large") == "file-too-large");
}

TEST_CASE("Submissions are folders, archives and files, and those of one student are one", "[grade]") {
  Folder folder;
  const auto names = [&](const fs::path& place) {
    std::string all;
    for (const auto& one : need(find_submissions(place)))
      all += one.name + "(" + std::to_string(one.places.size() + one.files.size()) + ") ";
    return all;
  };
  const auto& root = folder.path / "all";
  put(root / "ann" / "softmax.cpp", "a");
  put(root / "bob.zip", packed({{"softmax.cpp", "b"}}));
  put(root / "carl.cpp", "c");
  put(root / "Dora Dee_7_assignsubmission_file_" / "softmax.cpp", "d");
  put(root / "Dora Dee_7_assignsubmission_onlinetext_" / "onlinetext.html", "d");
  put(root / "eliot_11_100_softmax.cpp", "e");
  put(root / "eliot_11_101_top_p.cpp", "e");
  put(root / "roster.csv", "id");
  put(root / ".hidden" / "softmax.cpp", "h");
  CHECK(names(root) == "Dora Dee_7(2) ann(1) bob(1) carl(1) eliot_11(2) ");
  put(folder.path / "moodle.zip", packed({{"Ann A_1_assignsubmission_file_/softmax.cpp", "a"},
                                          {"Bob B_2_assignsubmission_file_/hw.zip", packed({{"softmax.cpp", "b"}})},
                                          {"Bob B_2_assignsubmission_file_/notes.txt", "b"}}));
  CHECK(names(folder.path / "moodle.zip") == "Ann A_1(1) Bob B_2(2) ");
  const auto found = need(find_submissions(folder.path / "moodle.zip"));
  CHECK(find_solution(read_submission(found[1]), "softmax", true).source == "b");
  put(folder.path / "by-hand.zip",
      packed({{"lab2/ann/softmax.cpp", "a"}, {"lab2/bob.zip", packed({{"softmax.cpp", "b"}})}}));
  CHECK(names(folder.path / "by-hand.zip") == "ann(1) bob(1) ");
  CHECK_FALSE(find_submissions(folder.path / "nowhere"));
}

TEST_CASE("A submission is that of the student whose number, email or name it bears", "[grade]") {
  const std::vector<Student> roster{{"12345", "Ann Mary Smith", "ann@example.org", "en"},
                                    {"77", "Пётр Иванов", "petr@example.org", "ru"},
                                    {"s1001", "Lee Kim", "", ""},
                                    {"s1002", "Kim Lee", "", ""}};
  const auto index = [&](Submission submission) {
    const auto found = whose(submission, roster);
    return found ? static_cast<int>(*found) : -1;
  };
  const auto named = [](std::string name, std::string student = "", std::string id = "") {
    Submission submission;
    submission.name = std::move(name);
    submission.student = std::move(student);
    submission.id = std::move(id);
    return submission;
  };
  CHECK(index(named("x_12345", "x", "12345")) == 0);
  CHECK(index(named("smithannmary_9", "smithannmary", "9")) == 0);         // Canvas: "Smith, Ann Mary"
  CHECK(index(named("Smith Ann Mary_9", "Smith Ann Mary", "9")) == 0);
  CHECK(index(named("ann@example.org")) == 0);
  CHECK(index(named("lab2-s1001")) == 2);
  CHECK(index(named("Петр ИВАНОВ_5", "Петр ИВАНОВ", "5")) == 1);           // е for ё
  CHECK(index(named("Иванов Пётр")) == 1);
  CHECK(index(named("Lee Kim")) == -1);                                    // of two
  CHECK(index(named("Mary Smith")) == -1);
}
