// Exercises in the driven reader: started, written in the editor, checked by the real compiler, solved.
#include "tests/catch.h"

#include <cstdlib>

#include <unistd.h>

#include "app/exercise_judge.h"
#include "base/files.h"
#include "book/learner.h"
#include "tests/viewer/rig.h"

using namespace tb;
using namespace tb::test;

namespace fs = std::filesystem;

namespace {

const std::string block = "<a id=\"exercise-softmax\"></a>\n```exercise\nid: softmax\n```";

// A reader over a chapter with one exercise, with a data folder of its own. Learner's processes need the thread that
// started them, hence one judge for the whole test.
class Lesson {
 public:
  Lesson() : data_(fs::temp_directory_path() / ("textbook-exercise-" + std::to_string(::getpid()))) {
    fs::remove_all(data_);
    fs::create_directories(data_);
    ::setenv("TEXTBOOK_CACHE", cache_folder().c_str(), 1);
    if (const char* old = std::getenv("TEXTBOOK_DATA")) before_ = old;
    ::setenv("TEXTBOOK_DATA", data_.c_str(), 1);
    judge.emplace(nullptr);
    rig.emplace("", block);
    rig->exercises = &*judge;
    rig->display = {1280, 1600};
    rig->restart();
  }
  ~Lesson() {
    rig.reset();
    judge.reset();
    before_ ? ::setenv("TEXTBOOK_DATA", before_->c_str(), 1) : ::unsetenv("TEXTBOOK_DATA");
    std::error_code none;
    fs::remove_all(data_, none);
  }
  fs::path file() const { return data_ / "workspace/softmax.cpp"; }
  std::string text() const { return read_file(file()).value_or(""); }
  std::string in_chapter(const char* name) const {
    return *read_file(fs::path(TEXTBOOK_SOURCE_DIR) / "chapters/02-token-logit-probability/exercises/softmax" / name);
  }
  viewer::CheckView view() {
    const auto strings = Strings::load(fs::path(TEXTBOOK_SOURCE_DIR) / "assets/strings", rig->reader().language());
    return *judge->view("softmax", *strings);
  }
  std::optional<book::ExerciseResult> result() {
    const book::Learner learner(&rig->state());
    const auto& all = learner.traces().exercises;
    return all.empty() ? std::nullopt : std::optional(all.front());
  }

  std::optional<app::ExerciseJudge> judge;
  std::optional<Rig> rig;

 private:
  fs::path data_;
  std::optional<std::string> before_;
};

bool has(ImGuiTestContext* context, const char* item) { return context->ItemExists((std::string("**/") + item).c_str()); }

void press(ImGuiTestContext* context, ImGuiKeyChord key) {
  context->KeyPress(key);
  context->Yield(3);
}

// All that stands in the editor is replaced, through the clipboard: its own indentation would add to the typed one.
void write(ImGuiTestContext* context, const std::string& code) {
  press(context, ImGuiMod_Ctrl | ImGuiKey_A);
  ImGui::SetClipboardText(code.c_str());
  press(context, ImGuiMod_Ctrl | ImGuiKey_V);
}

bool checked(Lesson& lesson, ImGuiTestContext* context) {
  press(context, ImGuiMod_Ctrl | ImGuiKey_Enter);
  return lesson.rig->wait(context, [&] { return !lesson.view().busy(); });
}

}  // namespace

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
