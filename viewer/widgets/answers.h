// Answers that have been given: how they stand in their block, and how right and wrong are told apart without colour.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/learner.h"
#include "viewer/theme.h"

namespace tb::viewer {

enum class AnswerMark { none, right, wrong };

// One of the choices, `mine` with a filled ring before it, a mark in the ring's place.
void draw_answer(const Theme& theme, std::string_view text, bool mine, AnswerMark mark, float width);
// A check mark or a cross, and the words behind it.
void draw_verdict(const Theme& theme, bool right, std::string_view words);
// Says so where what the learner answered could not be written down.
void draw_not_kept(const Theme& theme, const book::Learner& learner, float width);

// Which of the choices an answer chose. The words decide, since a chapter's author may have put others in between; where
// they are another language's, or were mended, the number does.
std::optional<std::size_t> chosen_index(const book::Answer& answer, const std::vector<std::string>& choices);

}  // namespace tb::viewer
