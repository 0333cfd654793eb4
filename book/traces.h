// What a learner leaves behind in the book, as values: answers, what was read and tried, exercises, bookmarks, notes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb::book {

// Times are UTC as ISO 8601, "2026-03-01T12:00:00Z"; chapters are slugs.

enum class Verdict { open, right, wrong, skipped };        // open: not yet, or never, to be judged

// What a learner said to a predict or quiz block.
struct Answer {
  std::string chapter, question;                           // question: the block's id
  std::int64_t attempt = 1;                                // progress counts the first; a prediction has no other
  std::int64_t choice = -1;                                // index among the choices; -1: a number was guessed, or nothing
  std::string text;                                        // the words of it then, or the number with a decimal point
  std::string model;                                       // what the lab said, as it was shown; "": not yet, or a quiz
  Verdict verdict = Verdict::open;
  std::string at;
  bool operator==(const Answer&) const = default;
};

// A section was read, or a lab of the chapter tried.
struct Mark {
  enum class Kind { read, tried } kind = Kind::read;
  std::string chapter, item;                               // item: the section's anchor, the lab's instance
  std::string at;
  bool operator==(const Mark&) const = default;
};

struct ExerciseResult {
  std::string chapter, exercise;
  std::int64_t attempts = 0;                               // how often it was checked
  double points = 0, out_of = 0;                           // the best check so far
  bool confessed = false;                                  // the solution was looked at before it was found
  std::string at;                                          // of the last change
  std::int64_t hints = 0;                                  // taken
  bool solved() const { return out_of > 0 && points >= out_of; }
  bool operator==(const ExerciseResult&) const = default;
};

// A place in a chapter that survives edits of it: a section, how far into it (in blocks, as viewer's PagePlace), and
// words that stand there.
struct Spot {
  std::string chapter, anchor;
  double fraction = 0;
  std::string snippet, language;                           // the words, and whose they are
  bool operator==(const Spot&) const = default;
};

struct Bookmark {
  std::int64_t id = 0;                                     // given by the store
  Spot spot;
  std::string at;
};

struct OwnNote {
  std::int64_t id = 0;
  Spot spot;
  std::string quote;                                       // the selected words it is about; "": the whole paragraph
  std::string text;
  std::string at, changed;
};

struct Traces {
  std::vector<Answer> answers;                             // by chapter, question, attempt
  std::vector<Mark> marks;
  std::vector<ExerciseResult> exercises;
  std::vector<Bookmark> bookmarks;                         // in the order they were made
  std::vector<OwnNote> notes;
};

const char* name_of(Verdict verdict);                      // "right"; also what is stored
const char* name_of(Mark::Kind kind);

// One JSON object that says what it is: {"format":"textbook-progress","version":1,"answers":[...],"marks":[...],
// "exercises":[...],"bookmarks":[...],"notes":[...]}, the members named as above.
std::string to_json(const Traces& traces);
// Errors: progress.json (no such object, or one of a newer version), progress.field (names what lacks or is no such
// value). `where` names the file.
Result<Traces> traces_from_json(std::string_view text, const std::string& where);

std::string now_utc();

}  // namespace tb::book
