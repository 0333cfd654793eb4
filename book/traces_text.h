// What the learner leaves behind as Markdown, to be read and printed.
#pragma once

#include <string>
#include <vector>

#include "base/strings.h"
#include "book/catalogue.h"
#include "book/traces.h"

namespace tb::book {

// Chapter by chapter, in the book's order: notes with the words they stand at, bookmarks, answers.
std::string to_markdown(const Traces& traces, const std::vector<Chapter>& chapters, const Strings& strings);

}  // namespace tb::book
