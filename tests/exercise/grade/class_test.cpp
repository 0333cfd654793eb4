// A whole class, graded: what each submission comes to, that the same one gives the same bytes, and that nothing is
// judged twice. The exercise is a course's own: softmax, with less time, so that loops without an end do not hold up
// the test.
#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "labs/exercise/grade/session.h"
#include "tests/exercise/grade/class.h"

using namespace tb;
using namespace tb::exercise;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Class {
  Folder folder;
  fs::path in = folder.path / "in";

  Class() {
    const auto own = folder.path / "own" / "softmax";
    fs::create_directories(own.parent_path());
    fs::copy(need(find_exercise(textbook_root() / "chapters", "softmax")).folder, own, fs::copy_options::recursive);
    const auto toml = own / "exercise.toml";
    put(toml, "seconds = 0.3\n" + need(read_file(toml)));
  }

  Course course(const std::string& out) const {
    Course course;
    course.exercises = need(course_exercises((folder.path / "own").string() + "/"));
    course.submissions = in;
    course.out = folder.path / out;
    course.language = "en";
    course.jobs = 1;
    return course;
  }
};

// Prepared, judged, written; returns how many were judged.
std::size_t graded(const Course& course, const std::vector<std::string>& only = {}) {
  const auto toolchain = need(Toolchain::open());
  auto session = need(prepare(course, toolchain, {only}));
  const auto judged = need(judge_all(session.work, {course.jobs, {}, {}}));
  const auto written = finish(session);
  REQUIRE(written);
  return judged;
}

std::map<std::string, Row> table(const Course& course) {
  std::map<std::string, Row> rows;
  for (auto& row : need(read_table(need(read_file(course.out / "grades.csv")), "grades.csv", {"submission"}))) {
    const auto name = row.get("submission");
    rows[name.empty() ? row.get("id") : name] = std::move(row);
  }
  return rows;
}

// Every graded file beneath a folder, by its name.
std::map<std::string, std::string> files_in(const fs::path& out) {
  std::map<std::string, std::string> files{{"grades.csv", need(read_file(out / "grades.csv"))}};
  for (const auto& entry : fs::recursive_directory_iterator(out / "submissions"))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(out)] = need(read_file(entry.path()));
  return files;
}

const char* kLoop =
    "#include \"exercise.h\"\nvoid softmax(std::span<const float>, std::span<float> out) { for (;;) out[0] += 1; }\n";

// Where things lie in memory must not differ from run to run.
const char* kAddresses =
    "#include \"exercise.h\"\n#include <cstdio>\nvoid softmax(std::span<const float> in, std::span<float>) {\n"
    "  int local = 0;\n  std::printf(\"%p %p %p\", static_cast<void*>(&local), static_cast<const void*>(in.data()), "
    "static_cast<void*>(new int));\n}\n";

}  // namespace

TEST_CASE("A class is graded: each submission by itself, in the same bytes however it is run", "[grade]") {
  const Class all;
  const std::string solution = softmax_file("solution.cpp");
  const auto hostile = need(read_file(fs::path(TEXTBOOK_SOURCE_DIR) / "tests/exercise/hostile/static-open.cpp"));
  const struct {
    std::string name, file, bytes, reason;   // the beginning of what the table says
  } submissions[] = {
      {"ann", "softmax.cpp", solution, ""},
      {"bob", "softmax.cpp", softmax_file("starter.cpp"), "softmax: unwritten (three), 0/"},
      {"carl", "softmax.cpp", softmax_file("wrong/overflow.cpp"), "softmax: overflow (large), "},
      {"dora", "softmax.cpp", "void softmax(", "softmax: compile"},
      {"eve", "softmax.cpp", kLoop, "softmax: time (three), 0/"},
      {"frank", "softmax.cpp", hostile, "softmax: forbidden"},
      {"grace", "softmax.cpp", "", "softmax: file-empty"},
      {"heidi", "softmax.cpp", "// \xcf\xf0\xe8\xe2\xe5\xf2", "softmax: file-encoding"},
      {"ivan", "src/deep/Softmax-1.CPP", solution, ""},
      {"judy", "main.cc", solution, ""},
      {"kim", "notes.txt", "none", "softmax: file-missing"},
      {"leo", "hw.zip", packed({{"hw/softmax.cpp", solution}}), ""},
      {"mia", "hw.zip", "PK\3\4 broken", "softmax: archive-broken"},
      {"nick", "hw.zip", packed({{"../softmax.cpp", solution}}), "softmax: archive-path"},
      {"olga", "softmax.cpp", std::string(2 << 20, '/'), "softmax: file-too-large"},
      {"Petr Orlov_55_assignsubmission_file_", "softmax.cpp", solution, ""},
      {"=cmd|' C calc'!A0", "softmax.cpp", solution, ""},
      {"two\nlines <b>&\"", "softmax.cpp", solution, ""},
      {"\xff\xfe no text", "softmax.cpp", solution, ""},
      {"-rf", "softmax.cpp", solution, ""},
      {std::string(200, 'z'), "softmax.cpp", solution, ""},
      {"Ёлка 🌲", "softmax.cpp", solution, ""},
      {"zoe", "softmax.cpp", kAddresses, "softmax: unwritten (three), 0/"},
  };
  for (const auto& one : submissions) put(all.in / one.name / one.file, one.bytes);
  put(all.in / "quentin_LATE_77_1001_softmax.cpp", solution);
  put(all.in / "rosa.zip", packed({{"softmax.cpp", solution}}));
  fs::create_directories(all.in / "sven");
  fs::create_symlink("/etc/hostname", all.in / "sven" / "softmax.cpp");

  auto course = all.course("one");
  CHECK(graded(course) == 7);   // as many as there are different solutions
  CHECK(graded(course) == 0);
  auto again = all.course("four");
  again.jobs = 4;
  CHECK(graded(again) == 7);
  const auto files = files_in(course.out);
  CHECK(files == files_in(again.out));
  CHECK(files.size() == 1 + 4 * 26);

  const auto rows = table(course);
  REQUIRE(rows.size() == 26);
  std::size_t full = 0;
  for (const auto& [name, row] : rows) {
    CHECK(row.get("state") == "graded");
    if (row.get("total") == row.get("most")) ++full;
  }
  CHECK(full == 13);
  for (const auto& one : submissions) {
    if (!is_utf8(one.name) || one.name.find_first_of("\n=-") != std::string::npos)
      continue;  // shown otherwise than they are
    const auto found = rows.find(one.name.starts_with("Petr") ? "Petr Orlov_55" : one.name);
    CAPTURE(one.name);
    REQUIRE(found != rows.end());
    CHECK(found->second.get("reasons").starts_with(one.reason));
    CHECK(found->second.get("reasons").empty() == one.reason.empty());
  }
  CHECK(rows.contains("'=cmd|' C calc'!A0"));
  CHECK(rows.contains("'-rf"));
  CHECK(rows.at("carl").get("softmax") == "4");   // one case of three: partial credit
  CHECK(rows.at("frank").get("softmax") == "0");
  CHECK(rows.at("Petr Orlov_55").get("id") == "55");
  CHECK(rows.at("sven").get("reasons") == "softmax: file-link");

  // The formats, as their readers want them.
  for (const auto& [name, bytes] : files) {
    CAPTURE(name);
    if (name.ends_with("results.json")) {
      const auto json = Json::parse(bytes);
      CHECK(json["score"].is_number());
      CHECK_FALSE(json["tests"].empty());
      for (const auto& test : json["tests"]) {
        CHECK(test["score"].get<double>() <= test["max_score"].get<double>());
        CHECK((test["status"] == "passed" || test["status"] == "failed"));
      }
    }
    if (name.ends_with("grade.json")) {
      const auto json = Json::parse(bytes);
      CHECK(json["exercises"][0]["checksum"]["exercise"].get<std::string>().size() == 64);
    }
  }
  const auto junit = "python3 -c 'import sys, xml.etree.ElementTree as E\n"
                     "for f in sys.argv[1:]:\n"
                     "  for s in E.parse(f).getroot().iter(\"testsuite\"):\n"
                     "    assert int(s.get(\"tests\")) == len(s.findall(\"testcase\")), f\n"
                     "    assert int(s.get(\"failures\")) == len(s.findall(\"testcase/failure\")), f\n' '" +
                     course.out.string() + "'/submissions/*/junit.xml";
  CHECK(std::system(junit.c_str()) == 0);

  // One is handed in again: it alone is judged.
  put(all.in / "bob" / "softmax.cpp", solution + "// now\n");
  CHECK(graded(course) == 1);
  CHECK(table(course).at("bob").get("reasons").empty());
  CHECK(graded(course, {"b*"}) == 1);            // by its name it is judged once more
  // A table that a person has changed is not written over.
  const auto table_now = need(read_file(course.out / "grades.csv"));
  put(course.out / "grades.csv", table_now + "my notes\n");
  CHECK(graded(course) == 0);
  CHECK(need(read_file(course.out / "grades-edited.csv")) == table_now + "my notes\n");
  CHECK(need(read_file(course.out / "grades.csv")) == table_now);
  // A verdict that an interruption of the machine left behind half is made anew.
  for (const auto& entry : fs::directory_iterator(course.out / "verdicts")) put(entry.path(), "{\"exercise\":");
  CHECK(graded(course, {"ann"}) == 1);
  CHECK(table(course).at("carl").get("state") == "waiting");
}

TEST_CASE("The course's rules: roster, weights, lateness, what is set by hand, the student's language", "[grade]") {
  const Class all;
  const std::string solution = softmax_file("solution.cpp");
  put(all.in / "Ann Smith_1_assignsubmission_file_" / "softmax.cpp", solution);
  put(all.in / "ivanovpetr_LATE_2_900_softmax.cpp", solution);
  put(all.in / "s3_2026-03-03_12-00.zip", packed({{"softmax.cpp", solution}}));
  put(all.in / "stranger" / "softmax.cpp", solution);
  put(all.folder.path / "roster.csv",
      "id,name,email,language\n1,Ann Smith,ann@x,en\n2,Пётр Иванов,petr@x,ru\ns3,Lee,lee@x,\n4,Nobody,no@x,ru\n");
  auto course = all.course("out");
  course.exercises[0].weight = 10;
  course.roster = all.folder.path / "roster.csv";
  course.late = LateRule{};
  course.late->deadline = 1772366400;   // 2026-03-01T12:00:00Z
  course.late->percent_per_day = 15;
  course.late->most_percent = 20;
  CHECK(graded(course) == 1);
  auto rows = table(course);
  CHECK(rows.at("Ann Smith_1").get("total") == "10");
  CHECK(rows.at("ivanovpetr_2").get("late_percent") == "15");   // marked as late, and no more is known
  CHECK(rows.at("ivanovpetr_2").get("total") == "8.5");
  CHECK(rows.at("s3_2026-03-03_12-00").get("late_days") == "2");
  CHECK(rows.at("s3_2026-03-03_12-00").get("total") == "8");    // 30 % are capped at 20
  CHECK(rows.at("4").get("state") == "missing");
  CHECK(rows.at("4").get("total") == "0");
  CHECK(rows.at("stranger").get("state") == "unlisted");
  const auto feedback = [&](const char* name) {
    return need(read_file(course.out / "submissions" / name / "feedback.txt"));
  };
  CHECK(feedback("Ann Smith_1").starts_with("Total: 10 of 10 points\n"));
  CHECK(feedback("Ann Smith_1").find("  judged: softmax.cpp, SHA-256 ") != std::string::npos);
  CHECK(feedback("ivanovpetr_2").starts_with("Итого баллов: 8,5 из 10\n"));

  put(all.folder.path / "overrides.csv",
      "id,exercise,points,comment\n1,softmax,6,the comments are not yours\n4,,5,on paper\n2,,,well done\n");
  course.override_tables = {all.folder.path / "overrides.csv"};
  for (int run = 0; run < 2; ++run) {   // kept by later runs
    CHECK(graded(course) == 0);
    rows = table(course);
    CHECK(rows.at("Ann Smith_1").get("total") == "6");
    CHECK(rows.at("Ann Smith_1").get("by_hand") == "yes");
    CHECK(rows.at("Ann Smith_1").get("comment") == "softmax: the comments are not yours");
    CHECK(rows.at("4").get("total") == "5");
    CHECK(rows.at("ivanovpetr_2").get("by_hand") == "");
    CHECK(rows.at("ivanovpetr_2").get("comment") == "well done");
  }
  CHECK(feedback("Ann Smith_1").find("the comments are not yours") != std::string::npos);
  put(all.folder.path / "overrides.csv", "id,points\n99,1\n");
  const auto toolchain = need(Toolchain::open());
  const auto refused = prepare(course, toolchain, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "grade.nobody");
}
