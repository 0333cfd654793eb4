// Which words of a text should stay together in one line, by the customs of Russian and English typesetting.
#pragma once

#include <string_view>

#include "viewer/page/flow.h"

namespace tb::viewer::page {

// The cost (break_lines.h) of ending a line at the space at text[at].
float space_cost(std::string_view text, Offset at);

// The cost of ending a line inside a word, between `before` and `after`: behind a hyphen, a dash or a slash, or between
// two Chinese characters. never_break where a word does not come apart.
float inner_cost(char32_t before, char32_t after);

}  // namespace tb::viewer::page
