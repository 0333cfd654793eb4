// Code highlighting: enough of C++, Python, bash and JSON for a listing in a book, by a scanner without a grammar.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tb::book {

enum class CodeInk { plain, keyword, string, number, comment };

struct CodeToken {
  std::size_t begin = 0, end = 0;   // bytes of the code given, begin included, end not
  CodeInk ink = CodeInk::plain;
};

// The whole of `code`, in order and without gaps. An unknown language is one plain token.
std::vector<CodeToken> highlight(std::string_view code, std::string_view language);

}  // namespace tb::book
