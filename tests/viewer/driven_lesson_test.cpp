// A lesson made in the driven reader: what is before the eye added, notes written, steps moved and taken out.
#include "tests/catch.h"

#include <fstream>

#include "base/files.h"
#include "book/lesson.h"
#include "tests/viewer/rig.h"
#include "viewer/lesson_file.h"

using namespace tb;
using namespace tb::test;

namespace {

book::Lesson lesson_in(const Rig& rig, const char* name) {
  return book::read_lesson(rig.lessons() / name).value_or(book::Lesson{});
}

std::vector<std::string> places(const book::Lesson& lesson) {
  std::vector<std::string> out;
  for (const book::LessonStep& step : lesson.steps) out.push_back(book::to_readable(step.place));
  return out;
}

}  // namespace

TEST_CASE("what is before the eye goes into the lesson, with the lab as it is set") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1280, 800};
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_A);
    context->Yield(3);
    context->ItemInput("**/###lesson-name");                 // there is none yet, so it asks for its name
    context->KeyCharsReplace("First: \"steps\"");
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(3);
    const char* file = "First-steps.toml";
    IM_CHECK_EQ(lesson_in(rig, file).steps.size(), 1u);
    IM_CHECK_STR_EQ(lesson_in(rig, file).title.c_str(), "First: \"steps\"");
    IM_CHECK_STR_EQ(places(lesson_in(rig, file))[0].c_str(), "01-small#first?lab=capital");

    context->ItemInput("**/###step-notes");
    context->KeyCharsReplace("Ask them.");
    context->KeyPress(ImGuiKey_Escape);                      // which keeps what was written
    context->Yield(2);
    IM_CHECK_STR_EQ(lesson_in(rig, file).steps[0].notes.c_str(), "Ask them.");
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    IM_CHECK(!context->ItemExists("**/###step-0"));

    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("One & two");
    context->KeyPress(ImGuiKey_Escape);
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_A);
    context->Yield(2);
    context->KeyPress(ImGuiKey_Escape);
    for (int i = 0; rig.reader().place().anchor != "third" && i < 6; ++i) {
      context->KeyPress(ImGuiKey_N);
      context->Yield(3);
    }
    context->KeyPress(ImGuiKey_A);
    context->Yield(2);
    const std::vector<std::string> wanted = {"01-small#first?lab=capital",
                                             "01-small#first?lab=capital&prompt=One %26 two", "01-small#third"};
    IM_CHECK(places(lesson_in(rig, file)) == wanted);

    // It is still the lesson after a restart; steps move, go, and come back.
    rig.restart();
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiMod_Shift | ImGuiKey_A);
    context->Yield(2);
    context->ItemClick("**/###step-2");
    context->ItemClick("**/###up");
    context->ItemClick("**/###up");
    context->Yield(2);
    IM_CHECK_STR_EQ(places(lesson_in(rig, file))[0].c_str(), "01-small#third");
    context->ItemClick("**/###down");
    context->Yield(2);
    IM_CHECK_STR_EQ(places(lesson_in(rig, file))[1].c_str(), "01-small#third");
    context->ItemClick("**/###delete");
    context->Yield(2);
    IM_CHECK_EQ(lesson_in(rig, file).steps.size(), 2u);
    context->ItemClick("**/###undo-lesson");
    context->Yield(2);
    IM_CHECK_EQ(lesson_in(rig, file).steps.size(), 3u);
    IM_CHECK_STR_EQ(lesson_in(rig, file).steps[0].notes.c_str(), "Ask them.");

    context->ItemClick("**/###step-1");
    context->ItemClick("**/###from");
    context->Yield(3);
    const auto notes = rig.reader().notes(2);
    IM_CHECK(notes.has_value());
    IM_CHECK_EQ(notes->step, 2u);
    IM_CHECK_STR_EQ(notes->now.c_str(), "Third part");
  });
  CHECK(passed);
}

TEST_CASE("a lesson that another program has spoilt is neither changed nor presented") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1280, 800};
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_A);
    context->Yield(2);
    context->ItemInput("**/###lesson-name");
    context->KeyCharsReplace("x");
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(2);
    const auto path = rig.lessons() / "x.toml";
    std::ofstream(path, std::ios::app) << "\n[[step]]\nplace = \"01#nowhere\"\n";
    context->KeyPress(ImGuiMod_Shift | ImGuiKey_A);          // closed, and opened: read again
    context->KeyPress(ImGuiMod_Shift | ImGuiKey_A);
    context->Yield(2);
    IM_CHECK(context->ItemExists("**/###step-1"));
    context->ItemClick("**/###present-lesson");
    context->Yield(2);
    IM_CHECK(!rig.reader().notes(2).has_value());
    IM_CHECK(context->ItemExists("**/###step-1"));           // the panel says why, and is there

    std::ofstream(path) << "[lesson\n";
    context->KeyPress(ImGuiKey_A);
    context->Yield(2);
    IM_CHECK_STR_EQ(read_file(path).value().c_str(), "[lesson\n");
  });
  CHECK(passed);
}

TEST_CASE("a title becomes a file name that every system takes") {
  CHECK(viewer::file_name_of("Softmax by hand") == "Softmax-by-hand.toml");
  CHECK(viewer::file_name_of("Пробел, который меняет ответ?") == "Пробел,-который-меняет-ответ.toml");
  CHECK(viewer::file_name_of("../../etc/passwd") == "etc-passwd.toml");
  CHECK(viewer::file_name_of("  ...  ") == "lesson.toml");
  CHECK(viewer::file_name_of("") == "lesson.toml");
  CHECK(viewer::file_name_of(std::string(1000, 'a')).size() < 140);
  CHECK(viewer::file_name_of("a\xff\n\tb") == "ab.toml");
}
