#include "viewer/page/highlight.h"

namespace tb::viewer::page {

std::vector<CodeToken> highlight(std::string_view code, std::string_view language) {
  std::vector<CodeToken> tokens;
  for (const book::CodeToken& token : book::highlight(code, language))
    tokens.push_back({{static_cast<Offset>(token.begin), static_cast<Offset>(token.end)}, token.ink});
  return tokens;
}

}  // namespace tb::viewer::page
