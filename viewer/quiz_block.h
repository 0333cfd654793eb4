// A quiz: every answer that is chosen says whether it is right, and why; one may go on choosing. The first choice counts.
#pragma once

#include <string>

#include "book/directive.h"
#include "book/learner.h"
#include "viewer/theme.h"

namespace tb::viewer {

void draw_quiz(const Theme& theme, book::Learner& learner, const std::string& chapter, const book::Directive& quiz,
               float width);

}  // namespace tb::viewer
