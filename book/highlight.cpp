#include "book/highlight.h"

#include <algorithm>
#include <cctype>

namespace tb::book {

namespace {

using Words = std::vector<std::string_view>;

struct Language {
  Words names;                  // as a fence gives them
  std::string_view line_comment, comment_begin, comment_end;
  Words quotes;                 // longest first; what opens a string closes it
  Words keywords;
};

const std::vector<Language>& languages() {
  static const std::vector<Language> known = {
      {{"cpp", "c++", "c", "h", "cuda"}, "//", "/*", "*/", {"\"", "'"},
       {"alignas", "auto", "bool", "break", "case", "catch", "char", "class", "co_await", "co_return", "co_yield",
        "concept", "const", "consteval", "constexpr", "continue", "default", "delete", "do", "double", "else", "enum",
        "explicit", "export", "extern", "false", "float", "for", "friend", "if", "inline", "int", "long", "mutable",
        "namespace", "new", "noexcept", "nullptr", "operator", "override", "private", "protected", "public",
        "requires", "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast", "struct",
        "switch", "template", "this", "throw", "true", "try", "typedef", "typename", "union", "unsigned", "using",
        "virtual", "void", "volatile", "while", "#include", "#pragma", "#define", "#if", "#ifdef", "#else", "#endif"}},
      {{"python", "py"}, "#", "", "", {"\"\"\"", "'''", "\"", "'"},
       {"and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "False", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "None", "nonlocal", "not",
        "or", "pass", "raise", "return", "True", "try", "while", "with", "yield"}},
      {{"bash", "sh", "shell", "console"}, "#", "", "", {"\"", "'"},
       {"if", "then", "else", "elif", "fi", "for", "in", "do", "done", "while", "until", "case", "esac", "function",
        "return", "export", "local", "set", "cd", "exit", "source"}},
      {{"json"}, "", "", "", {"\""}, {"true", "false", "null"}},
  };
  return known;
}

const Language* find_language(std::string_view name) {
  for (const Language& language : languages())
    if (std::find(language.names.begin(), language.names.end(), name) != language.names.end()) return &language;
  return nullptr;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }

// Where the string that `quote` opened at `at` ends: behind the closing quote, or at the line's end.
std::size_t end_of_string(std::string_view code, std::size_t at, std::string_view quote) {
  for (at += quote.size(); at < code.size(); ++at) {
    if (code[at] == '\\') ++at;
    else if (code.substr(at).starts_with(quote)) return at + quote.size();
    else if (code[at] == '\n' && quote.size() == 1) return at;
  }
  return code.size();
}

struct Found {
  std::size_t end;
  CodeInk ink;
};

Found next_token(std::string_view code, std::size_t at, const Language& language) {
  const std::string_view rest = code.substr(at);
  const auto line_end = [&] { return std::min(code.find('\n', at), code.size()); };
  const bool after_word = at > 0 && is_word(code[at - 1]);

  // A '#' inside a bash word ("$#", "a#b") begins no comment.
  const bool comment_may_begin =
      language.line_comment != "#" || at == 0 || std::isspace(static_cast<unsigned char>(code[at - 1]));
  if (!language.line_comment.empty() && comment_may_begin && rest.starts_with(language.line_comment))
    return {line_end(), CodeInk::comment};
  if (!language.comment_begin.empty() && rest.starts_with(language.comment_begin)) {
    const std::size_t close = code.find(language.comment_end, at + language.comment_begin.size());
    return {close == std::string_view::npos ? code.size() : close + language.comment_end.size(), CodeInk::comment};
  }
  for (const std::string_view quote : language.quotes)
    // C++ groups digits by an apostrophe: 1'000.
    if (rest.starts_with(quote) && !(quote == "'" && after_word))
      return {end_of_string(code, at, quote), CodeInk::string};
  if (std::isdigit(static_cast<unsigned char>(code[at])) && !after_word) {
    std::size_t end = at;
    while (end < code.size() && (is_word(code[end]) || code[end] == '.' ||
                                 (code[end] == '\'' && end + 1 < code.size() && is_word(code[end + 1]))))
      ++end;
    return {end, CodeInk::number};
  }
  if (is_word(code[at]) || code[at] == '#') {
    std::size_t end = at + 1;
    while (end < code.size() && is_word(code[end])) ++end;
    const std::string_view word = code.substr(at, end - at);
    const auto& keywords = language.keywords;
    const bool keyword = std::find(keywords.begin(), keywords.end(), word) != keywords.end();
    return {end, keyword ? CodeInk::keyword : CodeInk::plain};
  }
  return {at + 1, CodeInk::plain};
}

}  // namespace

std::vector<CodeToken> highlight(std::string_view code, std::string_view language_name) {
  const Language* language = find_language(language_name);
  if (!language) return {{0, code.size(), CodeInk::plain}};
  std::vector<CodeToken> tokens;
  for (std::size_t at = 0; at < code.size();) {
    const Found found = next_token(code, at, *language);
    if (!tokens.empty() && tokens.back().ink == found.ink) tokens.back().end = found.end;
    else tokens.push_back({at, found.end, found.ink});
    at = found.end;
  }
  return tokens;
}

}  // namespace tb::book
