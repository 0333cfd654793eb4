// Highlighted code (book/highlight.h) in the ranges of a page's text.
#pragma once

#include <string_view>
#include <vector>

#include "book/highlight.h"
#include "viewer/page/flow.h"

namespace tb::viewer::page {

using book::CodeInk;

struct CodeToken {
  Range range;          // bytes of the code given
  CodeInk ink = CodeInk::plain;
};

// The whole of `code`, in order and without gaps.
std::vector<CodeToken> highlight(std::string_view code, std::string_view language);

}  // namespace tb::viewer::page
