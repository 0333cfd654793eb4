// A reader with one exercise in its chapter, and what a learner does with it.
#pragma once

#include "tests/catch.h"

#include <cstdlib>

#include <unistd.h>

#include "app/exercise_judge.h"
#include "base/files.h"
#include "book/learner.h"
#include "labs/own_code.h"
#include "tests/viewer/rig.h"

namespace tb::test {

namespace fs = std::filesystem;

inline const std::string block = "<a id=\"exercise-softmax\"></a>\n```exercise\nid: softmax\n```";

// A reader over a chapter with one exercise, with a data folder of its own. Learner's processes need the thread that
// started them, hence one judge for the whole test.
class Lesson {
 public:
  explicit Lesson(const std::string& text = block)
      : data_(fs::temp_directory_path() / ("textbook-exercise-" + std::to_string(::getpid()))) {
    fs::remove_all(data_);
    fs::create_directories(data_);
    ::setenv("TEXTBOOK_CACHE", cache_folder().c_str(), 1);
    if (const char* old = std::getenv("TEXTBOOK_DATA")) before_ = old;
    ::setenv("TEXTBOOK_DATA", data_.c_str(), 1);
    judge.emplace(nullptr);
    rig.emplace("", text);
    rig->exercises = &*judge;
    rig->own_code = &own_code;
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

  OwnCode own_code{open_function_engine, nullptr};
  std::optional<app::ExerciseJudge> judge;
  std::optional<Rig> rig;

 private:
  fs::path data_;
  std::optional<std::string> before_;
};

inline bool has(ImGuiTestContext* context, const char* item) {
  return context->ItemExists((std::string("**/") + item).c_str());
}

inline void press(ImGuiTestContext* context, ImGuiKeyChord key) {
  context->KeyPress(key);
  context->Yield(3);
}

// All that stands in the editor is replaced, through the clipboard: its own indentation would add to the typed one.
inline void write(ImGuiTestContext* context, const std::string& code) {
  press(context, ImGuiMod_Ctrl | ImGuiKey_A);
  ImGui::SetClipboardText(code.c_str());
  press(context, ImGuiMod_Ctrl | ImGuiKey_V);
}

inline bool checked(Lesson& lesson, ImGuiTestContext* context) {
  press(context, ImGuiMod_Ctrl | ImGuiKey_Enter);
  return lesson.rig->wait(context, [&] { return !lesson.view().busy(); });
}

}  // namespace tb::test
