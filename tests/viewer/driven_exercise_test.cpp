// Exercises in the driven reader: started, written in the editor, checked by the real compiler, solved.
#include "tests/viewer/exercise_rig.h"

using namespace tb;
using namespace tb::test;

TEST_CASE("from the block to a solved exercise by keys, and it stays solved") {
  Lesson lesson;
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    IM_CHECK(lesson.rig->settle(context));
    IM_CHECK(has(context, "###start"));
    IM_CHECK(!fs::exists(lesson.file()));
    press(context, ImGuiKey_X);
    IM_CHECK(!has(context, "###start"));                   // the page is hidden
    IM_CHECK(lesson.text() == lesson.in_chapter("starter.cpp"));

    IM_CHECK(checked(lesson, context));
    IM_CHECK_EQ(lesson.view().points, 0);
    IM_CHECK(!lesson.view().cases.at(0).hint.empty());

    write(context, lesson.in_chapter("wrong/overflow.cpp"));
    IM_CHECK(lesson.text() == lesson.in_chapter("starter.cpp"));
    press(context, ImGuiMod_Ctrl | ImGuiKey_S);
    IM_CHECK(lesson.text() == lesson.in_chapter("wrong/overflow.cpp"));
    IM_CHECK(checked(lesson, context));
    IM_CHECK(lesson.view().cases.at(0).passed);
    IM_CHECK(!lesson.view().cases.at(1).passed);
    IM_CHECK(lesson.view().cases.at(1).hint.find("too large for a") != std::string::npos);

    write(context, lesson.in_chapter("solution.cpp"));
    IM_CHECK(checked(lesson, context));
    IM_CHECK(lesson.view().passed);
    press(context, ImGuiKey_Escape);
    IM_CHECK(has(context, "###start"));                    // back in the text
    lesson.rig->restart();
    IM_CHECK(lesson.rig->settle(context));
    IM_CHECK(lesson.text() == lesson.in_chapter("solution.cpp"));
  });
  REQUIRE(passed);
  const auto result = lesson.result();
  REQUIRE(result);
  CHECK(result->solved());
  CHECK(result->attempts == 3);
  CHECK_FALSE(result->confessed);
}

TEST_CASE("hints come one at a time; the solution comes unsolved only by a confession, which progress keeps") {
  Lesson lesson;
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    IM_CHECK(lesson.rig->settle(context));
    for (int i = 0; i < 3; ++i) context->ItemClick("**/###hint");
    context->Yield(2);
    IM_CHECK(!has(context, "###hint"));                    // there are three
    context->ItemClick("**/###solution");
    context->Yield(2);
    IM_CHECK(has(context, "###confess"));
    context->ItemClick("**/###not-yet");
    context->Yield(2);
    IM_CHECK(!has(context, "###confess"));
    IM_CHECK(!lesson.result()->confessed);

    press(context, ImGuiMod_Alt | ImGuiKey_S);
    context->ItemClick("**/###confess");
    context->Yield(3);
    IM_CHECK(has(context, "###pane-solution"));
    IM_CHECK(lesson.result()->confessed);
    press(context, ImGuiMod_Alt | ImGuiKey_D);             // the difference
    IM_CHECK(lesson.text() == lesson.in_chapter("starter.cpp"));
    press(context, ImGuiKey_Escape);

    lesson.rig->restart();
    IM_CHECK(lesson.rig->settle(context));
    IM_CHECK(!has(context, "###hint"));                    // taken once, taken for good
    context->ItemClick("**/###solution");
    context->Yield(3);
    IM_CHECK(has(context, "###pane-solution"));            // said once
    // Who solves it afterwards has solved it, and has read the solution.
    context->ItemClick("**/###pane-code");
    lesson.judge->check("softmax", lesson.in_chapter("solution.cpp"), false);
    IM_CHECK(lesson.rig->wait(context, [&] { return lesson.view().passed; }));
    context->Yield(3);
  });
  REQUIRE(passed);
  REQUIRE(lesson.result());
  CHECK(lesson.result()->solved());
  CHECK(lesson.result()->confessed);
}

TEST_CASE("a reader that is started for an exercise opens its editor; Esc leads to the place in the text") {
  Lesson lesson;
  lesson.rig->exercise = "softmax";
  lesson.rig->restart();
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    IM_CHECK(lesson.rig->settle(context));
    IM_CHECK(has(context, "###pane-code"));
    IM_CHECK(lesson.text() == lesson.in_chapter("starter.cpp"));
    write(context, "// mine\n");
    press(context, ImGuiMod_Ctrl | ImGuiKey_S);
    IM_CHECK(lesson.text() == "// mine\n");
    press(context, ImGuiKey_Escape);
    IM_CHECK(has(context, "###start"));
  });
  CHECK(passed);
}

TEST_CASE("an error of the compiler is told at the learner's line") {
  Lesson lesson;
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    IM_CHECK(lesson.rig->settle(context));
    press(context, ImGuiKey_X);
    write(context, "#include \"exercise.h\"\n\nvoid softmax(std::span<const float> logits, std::span<float> p) {\n"
                   "  float total = 0;\n  totl += logits[0];\n}\n");
    IM_CHECK(checked(lesson, context));
    context->Yield(3);
    IM_CHECK(!lesson.view().compiled);
    IM_CHECK_EQ(lesson.view().notes.at(0).line, 5);
    IM_CHECK(lesson.view().notes.at(0).text.find("`totl` is not known here") != std::string::npos);
    IM_CHECK(has(context, "###line-5"));
    IM_CHECK_EQ(lesson.view().points, 0);

    // No function at all: the sentence names it whole, signs of Markdown and all.
    write(context, "#include \"exercise.h\"\n");
    IM_CHECK(checked(lesson, context));
    IM_CHECK(lesson.view().notes.at(0).markdown.find("`void softmax(std::span<const float>") != std::string::npos);
    // What a submission throws is shown as it is.
    write(context, "#include \"exercise.h\"\n#include <stdexcept>\nvoid softmax(std::span<const float>, "
                   "std::span<float>) {\n  throw std::runtime_error(\"a <b> *c* $d`\");\n}\n");
    IM_CHECK(checked(lesson, context));
    IM_CHECK(lesson.view().cases.at(0).hint.find("a \\<b\\> \\*c\\* \\$d\\`") != std::string::npos);
  });
  CHECK(passed);
}

TEST_CASE("looked at closely, an index outside is told at the learner's line") {
  Lesson lesson;
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    IM_CHECK(lesson.rig->settle(context));
    press(context, ImGuiKey_X);
    write(context, "#include \"exercise.h\"\n\nvoid softmax(std::span<const float> logits, std::span<float> p) {\n"
                   "  const float* first = logits.data();\n  p[0] = first[logits.size()];\n}\n");
    press(context, ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_Enter);
    IM_CHECK(lesson.rig->wait(context, [&] { return lesson.view().state == viewer::CheckView::State::done; }));
    context->Yield(3);
    IM_CHECK(has(context, "###sanitize"));
    IM_CHECK(has(context, "###line-5"));
    IM_CHECK(lesson.view().notes.at(0).text.starts_with("Index 3 of `logits`"));
    IM_CHECK(lesson.view().cases.at(0).hint.find("cpp:5: ") != std::string::npos);
  });
  CHECK(passed);
}

TEST_CASE("a loop without end is stopped, and frames go on meanwhile") {
  Lesson lesson;
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    IM_CHECK(lesson.rig->settle(context));
    press(context, ImGuiKey_X);
    write(context, "#include \"exercise.h\"\n\nvoid softmax(std::span<const float>, std::span<float> p) {\n"
                   "  for (volatile int i = 0;;) p[0] = static_cast<float>(i);\n}\n");
    press(context, ImGuiMod_Ctrl | ImGuiKey_Enter);
    int frames = 0;
    IM_CHECK(lesson.rig->wait(context, [&] {
      ++frames;
      return lesson.view().state == viewer::CheckView::State::running;
    }));
    IM_CHECK_GT(frames, 10);                               // it takes the compiler longer than ten frames
    IM_CHECK(has(context, "###stop"));
    press(context, ImGuiMod_Shift | ImGuiKey_Escape);
    IM_CHECK(lesson.view().state == viewer::CheckView::State::stopped);
    IM_CHECK(has(context, "###check"));
    IM_CHECK(!has(context, "###start"));                   // Shift+Esc left nothing
    // The judge is free at once for the next one.
    write(context, lesson.in_chapter("solution.cpp"));
    IM_CHECK(checked(lesson, context));
    IM_CHECK(lesson.view().passed);
  });
  CHECK(passed);
}

TEST_CASE("what is typed is kept at once, and another program's change is offered") {
  Lesson lesson;
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    IM_CHECK(lesson.rig->settle(context));
    press(context, ImGuiKey_X);
    write(context, "// mine\n");
    const fs::path draft = lesson.file().parent_path() / ".softmax.cpp.draft";
    IM_CHECK(read_file(draft).value_or("") == "// mine\n");
    IM_CHECK(lesson.text() == lesson.in_chapter("starter.cpp"));
    IM_CHECK(lesson.rig->wait(context, [&] { return lesson.text() == "// mine\n"; }));   // a pause saves
    IM_CHECK(!fs::exists(draft));

    IM_CHECK(write_file(lesson.file(), "// theirs, and longer\n").has_value());
    IM_CHECK(lesson.rig->wait(context, [&] { return has(context, "###load-other"); }));
    press(context, ImGuiMod_Ctrl | ImGuiKey_S);
    IM_CHECK(lesson.text() == "// theirs, and longer\n");   // not before the learner has chosen
    context->ItemClick("**/###load-other");
    context->Yield(3);
    IM_CHECK(!has(context, "###load-other"));
    // Loading it can be undone like anything else.
    context->WindowFocus("//reader");
    press(context, ImGuiKey_Escape);
    press(context, ImGuiKey_X);
    press(context, ImGuiMod_Ctrl | ImGuiKey_Z);
    press(context, ImGuiMod_Ctrl | ImGuiKey_S);
    IM_CHECK_STR_EQ(lesson.text().c_str(), "// mine\n");
  });
  CHECK(passed);
}

TEST_CASE("find, then Esc: first the find bar closes, then the exercise; and back to the same line") {
  Lesson lesson;
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    lesson.rig->display = {1024, 768};
    IM_CHECK(lesson.rig->settle(context));
    press(context, ImGuiKey_J);
    const float before = context->ItemInfo("**/###start").RectFull.Min.y;
    press(context, ImGuiKey_X);
    press(context, ImGuiMod_Ctrl | ImGuiKey_F);
    IM_CHECK(has(context, "###find"));
    context->KeyChars("probabilities");
    context->ItemInput("**/###replace");
    context->KeyCharsReplace("shares");
    context->ItemClick("**/###replace-all");
    press(context, ImGuiKey_Escape);
    IM_CHECK(!has(context, "###find"));
    IM_CHECK(!has(context, "###start"));
    press(context, ImGuiMod_Ctrl | ImGuiKey_S);
    std::string renamed = lesson.in_chapter("starter.cpp");
    for (std::size_t at; (at = renamed.find("probabilities")) != std::string::npos;) renamed.replace(at, 13, "shares");
    IM_CHECK_STR_EQ(lesson.text().c_str(), renamed.c_str());
    press(context, ImGuiKey_Escape);
    IM_CHECK_EQ(context->ItemInfo("**/###start").RectFull.Min.y, before);
    // A narrow window shows task and code one after the other.
    lesson.rig->display = {800, 600};
    context->Yield(3);
    press(context, ImGuiKey_X);
    IM_CHECK(has(context, "###pane-task"));
    IM_CHECK(!has(context, "###check"));
    context->ItemClick("**/###pane-task");
    context->Yield(3);
    IM_CHECK(has(context, "###check"));
    press(context, ImGuiKey_L);                            // the other language, in the same place
    IM_CHECK_STR_EQ(lesson.rig->reader().language().c_str(), "ru");
    IM_CHECK(has(context, "###check"));
  });
  CHECK(passed);
}

TEST_CASE("the palette finds an exercise by its title and by its name") {
  Lesson lesson;
  const bool passed = lesson.rig->run([&](ImGuiTestContext* context) {
    IM_CHECK(lesson.rig->settle(context));
    context->Yield(60);                                    // the book is read
    press(context, ImGuiKey_End);
    IM_CHECK(lesson.rig->wait(context, [&] {
      press(context, ImGuiMod_Ctrl | ImGuiKey_K);
      context->KeyChars("softmax");
      press(context, ImGuiKey_Enter);
      return has(context, "###start");
    }));
  });
  CHECK(passed);
}
