// Tables, times and course files: what a course hands to the grader, and what a spreadsheet opens.
#include "labs/exercise/grade/course.h"
#include "labs/exercise/grade/late.h"
#include "labs/exercise/grade/roster.h"
#include "labs/exercise/grade/table.h"
#include "tests/exercise/grade/class.h"

using namespace tb;
using namespace tb::exercise;

namespace {

template <class T>
std::string failure(const Result<T>& result) {
  return result ? "" : result.error().code + " " + result.error().where.substr(result.error().where.rfind('/') + 1);
}

Result<Course> course_from(const std::string& text) {
  Folder folder;
  put(folder.path / "course.toml", text);
  return read_course(folder.path / "course.toml");
}

}  // namespace

TEST_CASE("Text in a table starts no formula, and numbers are the language's", "[grade]") {
  const std::vector<std::vector<Cell>> rows{{"name", "points"}, {"=1+1", 7.5},   {"+7", 0.0},
                                            {"-x", 1.005},      {"@a", 2.0 / 3}, {"a;b,\"c\"\nd", 10.0}};
  CHECK(write_table(rows, TableFormat::plain) ==
        "name,points\n'=1+1,7.5\n'+7,0\n'-x,1\n'@a,0.67\n\"a;b,\"\"c\"\"\nd\",10\n");
  CHECK(write_table({{"Анна", 7.25}}, TableFormat::ru) == "\xef\xbb\xbfАнна;7,25\n");
  CHECK(write_table({{"Ann", 7.25}}, TableFormat::en) == "\xef\xbb\xbf" "Ann,7.25\n");
  CHECK(write_table({{std::string("\tx")}}, TableFormat::plain) == "'\tx\n");
}

TEST_CASE("Tables are read with any of the usual separators", "[grade]") {
  for (const char* text : {"id,name\n1,\"Smith, Ann\"\n\n2,Bob\n", "ID;Name\r\n1;Smith, Ann\r\n2;Bob",
                           "\xef\xbb\xbfid\tname\n1\tSmith, Ann\n2\tBob\n"}) {
    CAPTURE(text);
    const auto rows = need(read_table(text, "t.csv", {"id|email", "name"}));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].get("name") == "Smith, Ann");
    CHECK(rows[1].get("id") == "2");
    CHECK(rows[1].get("email") == "");
  }
  CHECK(need(read_table("id,comment\n1,\"two\nlines\"\n2,x\n", "t.csv", {"id"}))[1].where == "t.csv:4");
  CHECK(failure(read_table("a,b\n1,2\n", "t.csv", {"id|email"})) == "grade.column t.csv:1");
  CHECK(failure(read_table("id\n1,2\n", "t.csv", {"id"})) == "grade.table t.csv:2");
  CHECK(failure(read_table("id\n\"1\n", "t.csv", {"id"})) == "grade.table t.csv:2");
  CHECK(failure(read_table("id\n\xe0\n", "t.csv", {"id"})) == "grade.table t.csv");
  CHECK(failure(read_table("", "t.csv", {"id"})) == "grade.table t.csv");
}

TEST_CASE("Times are read with their zone; a day that has begun counts", "[grade]") {
  CHECK(parse_time("1970-01-02T00:00:00Z", 0) == 86400);
  CHECK(parse_time("1970-01-02T03:00:00+03:00", 0) == 86400);
  CHECK(parse_time("1970-01-01 22:30-01:30", 0) == 86400);
  CHECK(parse_time("1970-01-02T03:00", 180) == 86400);
  CHECK(parse_time("2024-02-29T12:00:00Z", 0) == 1709208000);   // date -u -d 2024-02-29T12:00:00Z +%s
  for (const char* text : {"2023-02-29T12:00", "2024-13-01T00:00", "2024-01-01", "yesterday", "", "2024-01-01T24:00",
                           "2024-01-01T10:00 or so"})
    CHECK_FALSE(parse_time(text, 0));
  CHECK(time_in_name("smith_1970-01-02_03-00.zip", 180) == 86400);
  CHECK_FALSE(time_in_name("smith-2024-softmax", 0));
  LateRule rule;
  rule.deadline = 1000;
  rule.grace_minutes = 10;
  CHECK(days_late(1600, rule) == 0);
  CHECK(days_late(1601, rule) == 1);
  CHECK(days_late(1600 + 86400, rule) == 1);
  CHECK(days_late(1601 + 86400, rule) == 2);
}

TEST_CASE("A course file says everything, and a slip in it is told with its line", "[grade]") {
  const auto course = need(course_from(R"(
language = "ru"
submissions = "in"
out = "/grades"
csv = "ru"
[[exercise]]
id = "softmax"
weight = 5
[[exercise]]
id = "top_p"
[late]
deadline = 2026-03-01T23:59:00+03:00
percent_per_day = 10
most_percent = 50
times = "times.csv"
[[override]]
id = "7"
exercise = "softmax"
points = 3
)"));
  REQUIRE(course.exercises.size() == 2);
  CHECK(course.exercises[0].weight == 5);
  CHECK_FALSE(course.exercises[1].weight);
  CHECK(course.submissions.filename() == "in");
  CHECK(course.submissions.is_absolute());        // beside the file, not where the program was started
  CHECK(course.out == "/grades");
  CHECK(course.format == TableFormat::ru);
  REQUIRE(course.late);
  CHECK(course.late->deadline == 1772398740);     // date -u -d 2026-03-01T20:59:00Z +%s
  CHECK(course.late->offset_minutes == 180);
  CHECK(course.late->from == LateRule::Times::table);
  REQUIRE(course.overrides.size() == 1);
  CHECK(course.overrides[0].points == 3);

  CHECK(failure(course_from("submisions = 'x'\n")) == "grade.course-key course.toml:1");
  CHECK(failure(course_from("\nout = 7\n")) == "grade.course-value course.toml:2");
  CHECK(failure(course_from("out = \n")) == "grade.course-syntax course.toml:1");
  CHECK(failure(course_from("[late]\ndeadline = 2026-03-01T23:59:00\n")) ==
        "grade.course-value course.toml:2");  // no zone
  CHECK(failure(course_from("[late]\npercent_per_day = 10\n")) == "grade.course-value course.toml:1");
  CHECK(failure(course_from("language = 'de'\n")) == "grade.course-value course.toml:1");
  CHECK(failure(course_from("[[exercise]]\nid = 'softmacks'\n")) == "exercise.unknown softmacks");
  CHECK(failure(course_from("[[exercise]]\nfolder = 'nowhere'\n")) == "file.open exercise.toml");
  CHECK(failure(course_from("[[override]]\npoints = 3\n")) == "grade.course-value course.toml:1");
}

TEST_CASE("The roster names each student once; what is set by hand is read from a table", "[grade]") {
  Folder folder;
  put(folder.path / "roster.csv", "name;email;id;group\nAnn;a@x;1;g\nBob;b@x;2;g\n");
  CHECK(need(read_roster(folder.path / "roster.csv")).at(1).email == "b@x");
  put(folder.path / "roster.csv", "id,name\n1,Ann\n1,Bob\n");
  CHECK(failure(read_roster(folder.path / "roster.csv")) == "grade.twice roster.csv:3");
  put(folder.path / "overrides.csv", "id;exercise;points;comment\n1;softmax;7,5;see me\n2;;;only a word\n");
  const auto list = need(read_overrides(folder.path / "overrides.csv"));
  CHECK(list.at(0).points == 7.5);
  CHECK(list.at(0).exercise == "softmax");
  CHECK_FALSE(list.at(1).points);
  CHECK(list.at(1).comment == "only a word");
  put(folder.path / "overrides.csv", "id,points\n1,many\n");
  CHECK(failure(read_overrides(folder.path / "overrides.csv")) == "grade.override overrides.csv:2");
}
