// What the reader needs of exercises, as an interface: their texts, the learner's files, and verdicts. The program
// fills it in (app/exercise_judge.h), since the viewer knows neither checks nor compilers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/strings.h"

namespace tb::viewer {

struct Exercise {                             // in one language
  std::string id, chapter;                    // "softmax"; the chapter's slug
  std::string title, statement, function;     // Markdown; the C++ declaration
  std::vector<std::string> hints;             // Markdown
  int difficulty = 1, minutes = 0;            // 1 to 3
  double points = 0;                          // all that can be had
  std::string starter, solution;
  std::filesystem::path file;                 // the learner's, in the workspace; perhaps not there yet
};

struct CodeNote {                             // at a line of the learner's file
  int line = 0, column = 0;                   // from 1; 0: of no one line
  bool error = false;                         // else a warning
  std::string text, compiler;                 // a sentence; the compiler's own words where the sentence is ours
  std::string markdown;                       // the sentence, to be set in type
};

struct NamedValues {
  std::string name, values;
};
struct CheckedCase {
  std::string title;
  bool passed = false;
  double points = 0, most = 0;
  std::vector<NamedValues> rows;              // of one that failed: inputs, expected, got
  std::string error, hint, printed;           // "": none; the hint is Markdown
  std::string measured;                       // a sentence, also of one that passed; "": none
};

// How the check of one exercise stands, in one language.
struct CheckView {
  enum class State { none, waiting, compiling, running, done, stopped, failed } state = State::none;
  std::uint64_t number = 0;                   // of the check; the next has another
  std::optional<Error> error;                 // failed: nothing could be judged
  bool compiled = false, passed = false;
  std::string not_compiled;                   // why, in a sentence
  double points = 0, most = 0;
  std::vector<CodeNote> notes;
  std::vector<CheckedCase> cases;             // those that have ended
  std::size_t of = 0;                         // so many there are
  bool busy() const { return state == State::waiting || state == State::compiling || state == State::running; }
};

class Exercises {
 public:
  virtual ~Exercises() = default;
  // Errors: those of reading an exercise. The same object until its files are read anew, hence good to ask each frame.
  virtual std::shared_ptr<const Result<Exercise>> find(const std::string& id, std::string_view language) = 0;
  // Judges this text of the exercise in the background, instead of one that is being judged; wakes the reader. `sanitize`:
  // slower, and names the line that goes wrong.
  virtual void check(const std::string& id, std::string source, bool sanitize) = 0;
  virtual void stop(const std::string& id) = 0;
  virtual std::shared_ptr<const CheckView> view(const std::string& id, const Strings& strings) = 0;
  // From now on the reader is woken when a file of that folder is saved, by whatever program.
  virtual void watch(const std::filesystem::path& folder) = 0;
  // The learner's own editor ($VISUAL, $EDITOR) with the file, where a window of its own can be had. Errors:
  // exercise.no-editor.
  virtual Result<void> open_editor(const std::filesystem::path& file) = 0;
};

}  // namespace tb::viewer
