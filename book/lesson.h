// A lesson: an ordered list of places and lab states for a classroom, with the lecturer's notes. A TOML file:
//     [lesson]
//     title = "The space that changes the answer"
//     language = "en"                                      # optional: the presentation begins in it
//     [[step]]
//     place = "02#token?lab=tokens-basic&prompt=Two words" # as `textbook open` takes it; % escapes are optional here
//     notes = "Ask first, then type."                      # optional
//     minutes = 3                                          # optional, as planned
// A step shows its section; one that names a lab and no section shows that lab alone.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "book/catalogue.h"
#include "book/place.h"

namespace tb::book {

struct LessonStep {
  Place place;
  std::string notes;
  double minutes = 0;                           // 0: none planned
  int line = 0;                                 // of the file
  // The same but for the line.
  bool says_the_same(const LessonStep& other) const {
    return place == other.place && notes == other.notes && minutes == other.minutes;
  }
};

struct Lesson {
  std::string title, language;                  // language: "" where none is given
  std::vector<LessonStep> steps;                // may be empty: a lesson that was just begun
};

// `path` is only for the places of errors. Errors, at path:line: lesson.syntax, lesson.unknown-key (names the nearest),
// lesson.missing, lesson.type, lesson.language, lesson.minutes, and those of parse_place.
Result<Lesson> parse_lesson(std::string_view toml, const std::string& path);
Result<Lesson> read_lesson(const std::filesystem::path& path);   // also file.open, file.read

// Whether a lab of this type takes these inputs: book knows no labs, so whoever knows them says.
using CheckInputs = std::function<Result<void>(const std::string& type, const std::map<std::string, std::string>& inputs,
                                               const std::string& where)>;
// Everything that a step names and the book does not have, at path:line: catalogue.unknown, catalogue.ambiguous,
// lesson.anchor, lesson.lab (both name the nearest), what `check` says of inputs, and what keeps a chapter from being
// read. An empty lesson is lesson.empty.
std::vector<Error> faults(const Lesson& lesson, const std::string& path, const std::vector<Chapter>& chapters,
                          const CheckInputs& check);

}  // namespace tb::book
