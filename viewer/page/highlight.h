// Code highlighting: enough of C++, Python, bash and JSON for a listing in a book, by a scanner without a grammar.
#pragma once

#include <string_view>
#include <vector>

#include "viewer/page/flow.h"

namespace tb::viewer::page {

enum class CodeInk { plain, keyword, string, number, comment };

struct CodeToken {
  Range range;          // bytes of the code given
  CodeInk ink = CodeInk::plain;
};

// The whole of `code`, in order and without gaps. An unknown language is one plain token.
std::vector<CodeToken> highlight(std::string_view code, std::string_view language);

}  // namespace tb::viewer::page
