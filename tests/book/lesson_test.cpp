// Lesson files: what is read, what is refused and where, and changes that leave the rest of the file alone.
#include "tests/catch.h"

#include <algorithm>

#include "base/files.h"
#include "book/lesson.h"
#include "book/lesson_text.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::book;
namespace fs = std::filesystem;

namespace {

const std::string kFile = R"(# Written by hand; every line of it is to stay.
[lesson]
title = "Spaces"
language = "ru"

# Ask before you show.
[[step]]
place = "01#first"
notes = """
One "quoted" line,
and another."""

[[step]]   # the lab
place = "01#second?lab=capital&prompt=Столица Франции"
minutes = 2.5

# The end.
[[step]]
place = "01?lab=capital&prompt=a%26b"
)";

std::vector<std::string> prompts(const Lesson& lesson) {
  std::vector<std::string> out;
  for (const LessonStep& step : lesson.steps) {
    const auto prompt = step.place.inputs.find("prompt");
    out.push_back(prompt == step.place.inputs.end() ? step.place.anchor : prompt->second);
  }
  return out;
}

Lesson lesson_of(const std::string& text) {
  const auto lesson = parse_lesson(text, "l.toml");
  if (!lesson) FAIL(lesson.error().code << " at " << lesson.error().where);
  return *lesson;
}

std::string error_of(const std::string& text) {
  const auto lesson = parse_lesson(text, "l.toml");
  return lesson ? "none" : lesson.error().code + " " + lesson.error().where;
}

std::string head(const std::string& rest) { return "[lesson]\ntitle = \"T\"\n" + rest; }

bool keeps_comments(const std::string& text) {
  for (const char* comment : {"# Written by hand", "# Ask before", "# the lab", "# The end."})
    if (text.find(comment) == std::string::npos) return false;
  return true;
}

}  // namespace

TEST_CASE("a lesson is its title, language and steps in their order") {
  const Lesson lesson = lesson_of(kFile);
  CHECK(lesson.title == "Spaces");
  CHECK(lesson.language == "ru");
  REQUIRE(lesson.steps.size() == 3);
  CHECK(lesson.steps[0].place == Place{"01", "first", "", {}});
  CHECK(lesson.steps[0].notes == "One \"quoted\" line,\nand another.");
  CHECK(lesson.steps[0].minutes == 0);
  CHECK(lesson.steps[1].place == Place{"01", "second", "capital", {{"prompt", "Столица Франции"}}});
  CHECK(lesson.steps[1].minutes == 2.5);
  CHECK(lesson.steps[2].place == Place{"01", "", "capital", {{"prompt", "a&b"}}});
  CHECK(lesson.steps[2].line == 18);
  CHECK(lesson_of(head("")).steps.empty());
}

TEST_CASE("what is wrong in a lesson is told with its line") {
  CHECK(error_of("[lesson\n") == "lesson.syntax l.toml:1");
  CHECK(error_of("") == "lesson.missing l.toml:1");
  CHECK(error_of("lesson = 3\n") == "lesson.type l.toml:1");
  CHECK(error_of("[lesson]\nlanguage = \"en\"\n") == "lesson.missing l.toml:1");
  CHECK(error_of("[lesson]\ntitle = 4\n") == "lesson.type l.toml:2");
  CHECK(error_of(head("language = \"de\"\n")) == "lesson.language l.toml:3");
  CHECK(error_of(head("[step]\nplace = \"01\"\n")) == "lesson.type l.toml:3");
  CHECK(error_of(head("\n[[step]]\nnotes = \"no place\"\n")) == "lesson.missing l.toml:4");
  CHECK(error_of(head("[[step]]\nplace = \"01?prompt=x\"\n")) == "place.lab l.toml:4");
  CHECK(error_of(head("[[step]]\nplace = \"01?lab=a&b=%zz\"\n")) == "place.encoding l.toml:4");
  CHECK(error_of(head("[[step]]\nplace = \"01\"\nnotes = 3\n")) == "lesson.type l.toml:5");
  for (const char* minutes : {"0", "-1", "nan", "inf", "100000"})
    CHECK(error_of(head("[[step]]\nplace = \"01\"\nminutes = " + std::string(minutes) + "\n")) ==
          "lesson.minutes l.toml:5");
  CHECK(error_of(head("[[step]]\nplace = \"01\"\nminutes = \"3\"\n")) == "lesson.type l.toml:5");
  CHECK(error_of(head("[[step]]\nplace = \"01\xff\"\n")).starts_with("lesson.syntax l.toml:4"));

  const auto unknown = parse_lesson(head("[[step]]\nplace = \"01\"\nnote = \"x\"\n"), "l.toml");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == "lesson.unknown-key");
  CHECK(unknown.error().where == "l.toml:5");
  CHECK(unknown.error().args == std::vector<std::string>{"note", "notes"});
  CHECK(error_of(head("author = \"x\"\n")) == "lesson.unknown-key l.toml:3");
  CHECK(error_of("[lesson]\ntitle = \"T\"\n[[steps]]\nplace = \"01\"\n") == "lesson.unknown-key l.toml:3");
}

TEST_CASE("what a step names has to be in the book") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path / "01-small");
  const char* chapter = "# T\n\n<a id=\"first\"></a>\n## First\n\n```lab\nlab: tokens\nid: basic\n```\n";
  for (const char* file : {"en.md", "ru.md"}) REQUIRE(write_file(folder.path / "01-small" / file, chapter));
  REQUIRE(write_file(folder.path / "catalogue.toml",
                     "[[chapter]]\nslug = \"01-small\"\nnumber = \"1\"\ntitle = { en = \"T\", ru = \"T\" }\n"));
  const auto chapters = read_catalogue(folder.path);
  REQUIRE(chapters);

  std::vector<std::string> asked;
  const CheckInputs check = [&](const std::string& type, const auto& inputs, const std::string& where) -> Result<void> {
    asked.push_back(type + " " + where);
    if (inputs.contains("promt")) return fail("labs.unknown", where);
    return {};
  };
  const auto codes = [&](const std::string& steps) {
    std::vector<std::string> out;
    for (const Error& error : faults(lesson_of(head(steps)), "l.toml", *chapters, check))
      out.push_back(error.code + " " + error.where + (error.args.empty() ? "" : " " + error.args.back()));
    return out;
  };
  using Codes = std::vector<std::string>;
  CHECK(codes("") == Codes{"lesson.empty l.toml"});
  CHECK(codes("[[step]]\nplace = \"1#first?lab=basic&prompt=x\"\n") == Codes{});
  CHECK(asked == Codes{"tokens l.toml:3"});
  // All of them, each at its line, with the nearest name.
  CHECK(codes("[[step]]\nplace = \"01#frist\"\n[[step]]\nplace = \"01?lab=basics\"\n[[step]]\nplace = \"01-smal-\"\n"
              "[[step]]\nplace = \"01?lab=basic&promt=x\"\n") ==
        Codes{"lesson.anchor l.toml:3 first", "lesson.lab l.toml:5 basic", "catalogue.unknown l.toml:7 01-small",
              "labs.unknown l.toml:9"});
}

TEST_CASE("a step is added behind all that is there") {
  const LessonStep step{{"01-small", "third", "capital", {{"prompt", "  \"A\" & b = 5 % #\n\\ ?"}, {"layer", "3"}}},
                        "First line\n\"\"\"\tand \\n", 1.5, 0};
  const auto text = append_step(kFile, step, "l.toml");
  REQUIRE(text);
  CHECK(text->starts_with(kFile));
  const Lesson lesson = lesson_of(*text);
  REQUIRE(lesson.steps.size() == 4);
  CHECK(lesson.steps[3].says_the_same(step));

  // Into a file without a last newline, into a new one, and into one with Windows' line ends.
  std::string cut = kFile;
  cut.pop_back();
  CHECK(lesson_of(append_step(cut, step, "l.toml").value()).steps.size() == 4);
  const std::string fresh = new_lesson("A \"new\" one\\", "en");
  CHECK(lesson_of(fresh).title == "A \"new\" one\\");
  CHECK(lesson_of(append_step(fresh, step, "l.toml").value()).steps.at(0).says_the_same(step));
  CHECK(lesson_of(append_step("[lesson]\r\ntitle = \"T\"\r\n", step, "l.toml").value()).steps.size() == 1);
}

TEST_CASE("a file that is not understood is not changed") {
  const LessonStep step{{"01", "", "", {}}, "", 0, 0};
  CHECK(append_step("[lesson", step, "l.toml").error().code == "lesson.syntax");
  const std::string inline_list = "step = [ { place = \"01\" }, { place = \"1\" } ]\n[lesson]\ntitle = \"T\"\n";
  CHECK(lesson_of(inline_list).steps.size() == 2);
  CHECK(append_step(inline_list, step, "l.toml").error().code == "lesson.shape");
  CHECK(move_step(inline_list, 0, 1, "l.toml").error().code == "lesson.shape");
  CHECK(remove_step(inline_list, 0, "l.toml").error().code == "lesson.shape");
  // The head of the lesson would go with the step that it stands under.
  const std::string head_last = "[[step]]\nplace = \"01\"\n[lesson]\ntitle = \"T\"\n";
  CHECK(remove_step(head_last, 0, "l.toml").error().code == "lesson.shape");
  CHECK(remove_step(kFile, 3, "l.toml").error().code == "lesson.shape");
  CHECK(move_step(kFile, 0, 3, "l.toml").error().code == "lesson.shape");
  CHECK(set_notes(kFile, 3, "x", "l.toml").error().code == "lesson.shape");
}

TEST_CASE("steps move and go with the comments above them") {
  using Names = std::vector<std::string>;
  const std::string moved = move_step(kFile, 2, 0, "l.toml").value();
  CHECK(prompts(lesson_of(moved)) == Names{"a&b", "first", "Столица Франции"});
  CHECK(keeps_comments(moved));
  CHECK(moved.find("# The end.") < moved.find("# Ask before"));
  CHECK(move_step(moved, 0, 2, "l.toml").value() == kFile);      // and back: the very same file
  CHECK(prompts(lesson_of(move_step(kFile, 0, 1, "l.toml").value())) == Names{"Столица Франции", "first", "a&b"});

  const std::string shorter = remove_step(kFile, 0, "l.toml").value();
  CHECK(prompts(lesson_of(shorter)) == Names{"Столица Франции", "a&b"});
  CHECK(shorter.find("# Ask before") == std::string::npos);
  CHECK(shorter.find("# Written by hand") != std::string::npos);
  std::string empty = kFile;
  for (int i = 0; i < 3; ++i) empty = remove_step(empty, 0, "l.toml").value();
  CHECK(lesson_of(empty).steps.empty());
  CHECK(lesson_of(append_step(empty, lesson_of(kFile).steps[1], "l.toml").value()).steps.size() == 1);
}

TEST_CASE("notes change in their place") {
  const auto notes_of = [](const std::string& text, std::size_t step) { return lesson_of(text).steps.at(step).notes; };
  const std::string second = set_notes(kFile, 1, "«Вот» и всё", "l.toml").value();   // there were none
  CHECK(notes_of(second, 1) == "«Вот» и всё");
  CHECK(keeps_comments(second));
  const std::string first = set_notes(second, 0, "Short", "l.toml").value();         // there were two lines
  CHECK(notes_of(first, 0) == "Short");
  CHECK(notes_of(first, 1) == "«Вот» и всё");
  CHECK(keeps_comments(first));
  CHECK(set_notes(set_notes(kFile, 0, "Short", "l.toml").value(), 0, notes_of(kFile, 0), "l.toml").value() == kFile);
  // Behind letters that are longer than a byte, and none at all.
  const std::string line = head("[[step]]\nplace = \"01?lab=ж&prompt=жжж\"\nnotes = 'ж' # жж\nminutes = 1\n");
  CHECK(set_notes(line, 0, "x", "l.toml").value() ==
        head("[[step]]\nplace = \"01?lab=ж&prompt=жжж\"\nnotes = \"x\" # жж\nminutes = 1\n"));
  CHECK(notes_of(set_notes(kFile, 0, "", "l.toml").value(), 0).empty());
  const std::string last = "[lesson]\ntitle = \"T\"\n[[step]]\nplace = \"01\"";
  CHECK(notes_of(set_notes(last, 0, "at the very end", "l.toml").value(), 0) == "at the very end");
}

TEST_CASE("a place for people to read is the same place") {
  const Place place{"02-token", "softmax", "capital",
                    {{"prompt", "Столица Франции? 100 % #1 a=b&c"}, {"odd", "\n\t\x7f"}}};
  CHECK(to_readable(place) ==
        "02-token#softmax?lab=capital&odd=%0A%09%7F&prompt=Столица Франции%3F 100 %25 %231 a%3Db%26c");
  CHECK(parse_place(to_readable(place)).value() == place);
}
