// Changes of a lesson's file as changes of its text: what the lecturer wrote there stays, comments included. Each
// returns the new text, proven by reading it again: it says what was wanted and nothing else has changed.
#pragma once

#include <string>
#include <string_view>

#include "book/lesson.h"

namespace tb::book {

// A file with a title and no steps.
std::string new_lesson(std::string_view title, std::string_view language);

// Errors of all four: those of parse_lesson, and lesson.shape where the file is written in a way that these do not
// understand (steps as an inline list, tables in between).
Result<std::string> append_step(const std::string& text, const LessonStep& step, const std::string& path);
Result<std::string> remove_step(const std::string& text, std::size_t step, const std::string& path);
// Puts the step at `to` in the list without it.
Result<std::string> move_step(const std::string& text, std::size_t from, std::size_t to, const std::string& path);
Result<std::string> set_notes(const std::string& text, std::size_t step, const std::string& notes,
                              const std::string& path);

}  // namespace tb::book
