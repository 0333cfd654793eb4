#include "labs/exercise/diagnostics.h"

#include <algorithm>
#include <regex>
#include <sstream>

namespace tb::exercise {
namespace {

struct Plain {
  const char* key;
  std::regex pattern;
};

// The mistakes that learners make most, in GCC's words. The order counts: the first that fits.
const std::vector<Plain>& known() {
  static const std::vector<Plain> list = [] {
    std::vector<Plain> made;
    const auto add = [&](const char* key, const char* pattern) { made.push_back({key, std::regex(pattern)}); };
    add("undeclared", R"('([^']+)' was not declared in this scope.*)");
    add("undeclared", R"('([^']+)' is not a member of 'std'.*)");
    add("undeclared", R"('([^']+)' (?:does not name a type|has not been declared).*)");
    add("semicolon", R"(expected '[,;]' or '[,;]' before '?([^']*)'?.*)");
    add("semicolon", R"(expected (?:initializer|';') before '?([^']*)'?.*)");
    add("brace", R"(expected '\}' at end of input)");
    add("read-only", R"(assignment of read-only (?:location|reference|variable|member) (.*))");
    add("read-only", R"((?:increment|decrement) of read-only (?:location|reference|variable) (.*))");
    add("read-only", R"(binding reference of type '[^']*' to '(const [^']*)' discards qualifiers)");
    add("redefinition", R"(redefinition of '([^']+)')");
    add("redeclared", R"((?:redeclaration of|conflicting declaration) '([^']+)'.*)");
    add("no-call", R"(no matching function for call to '([^']+)')");
    add("no-member", R"('[^']+' has no member named '([^']+)'.*)");
    add("convert", R"(cannot convert '([^']+)' to '([^']+)'.*)");
    add("convert", R"(invalid conversion from '([^']+)' to '([^']+)'.*)");
    add("no-operator", R"(no match for '([^']+)'.*)");
    add("no-return", R"((no) return statement in function returning non-void.*)");
    add("no-return", R"((control) reaches end of non-void function.*)");
    add("file", R"(([^ ]+): (?:No such file or directory|Permission denied))");
    add("depth", R"(template instantiation depth exceeds maximum of ([0-9]+).*)");
    add("uninitialised", R"('([^']+)' (?:is|may be) used uninitialized.*)");
    add("uninitialised", R"(use of uninitialized value '([^']+)'.*)");
    add("sign", R"(comparison of integer expressions of different signedness: '([^']+)' and '([^']+)'.*)");
    add("unused", R"((?:unused variable|variable) '([^']+)'.*)");
    add("no-effect", R"((statement) has no effect)");
    add("assigned", R"((suggest) parentheses around assignment used as truth value)");
    add("division", R"((division) by zero)");
    add("bounds", R"((array) subscript .* is (?:outside|above|below) array bounds.*)");
    return made;
  }();
  return list;
}

void explain(Diagnostic& diagnostic) {
  std::smatch match;
  for (const auto& plain : known()) {
    if (!std::regex_match(diagnostic.text, match, plain.pattern)) continue;
    diagnostic.plain = plain.key;
    for (std::size_t i = 1; i < match.size(); ++i) diagnostic.args.push_back(match[i].str());
    return;
  }
}

}  // namespace

std::vector<Diagnostic> read_diagnostics(std::string_view output, std::string_view file, std::string_view function) {
  static const std::regex place(R"(^(?:[^ :]*/)?([^/: ]+):(\d+):(\d+): +(.*)$)");
  static const std::regex said(R"(^(fatal error|error|warning): (.*?)(?: \[(-W[^\]]*)\])?$)");
  static const std::regex undefined(R"(.*undefined reference to [`']([^']+)'.*)");
  static const std::regex twice(R"(.*multiple definition of [`']([^']+)'.*)");
  std::vector<Diagnostic> found;
  int waiting = -1;   // index of one in a header, until the line that led there
  std::istringstream lines{std::string(output)};
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 2000) line.resize(2000);   // regular expressions of the library recurse by length
    std::smatch at, words;
    if (std::regex_match(line, at, place)) {
      const bool own = at[1].str() == file;
      const auto text = at[4].str();
      if (std::regex_match(text, words, said)) {
        if (!own && words[1].str() == "warning") continue;
        Diagnostic diagnostic{words[1].str() != "warning", own ? std::stoi(at[2]) : 0, own ? std::stoi(at[3]) : 0,
                              words[2].str(), words[3].str()};
        diagnostic.in_header = !own;
        explain(diagnostic);
        found.push_back(std::move(diagnostic));
        waiting = own ? -1 : static_cast<int>(found.size()) - 1;
      } else if (own && waiting >= 0 && (text.starts_with("required from") || text.starts_with("note:"))) {
        Diagnostic& diagnostic = found[static_cast<std::size_t>(waiting)];
        diagnostic.line = std::stoi(at[2]);
        diagnostic.column = std::stoi(at[3]);
        waiting = -1;
      }
    } else if (std::regex_match(line, words, undefined)) {
      const std::string name = words[1].str().substr(0, words[1].str().find('('));
      Diagnostic diagnostic{true, 0, 0, "undefined reference to '" + words[1].str() + "'", ""};
      const bool ours = function.find(" " + name + "(") != std::string_view::npos;
      diagnostic.plain = ours ? "missing-function" : "undefined";
      diagnostic.args = {ours ? std::string(function) : words[1].str()};
      found.push_back(std::move(diagnostic));
    } else if (std::regex_match(line, words, twice)) {
      found.push_back({true, 0, 0, "multiple definition of '" + words[1].str() + "'", "", "defined-twice", {words[1].str()}});
    }
  }
  // Errors first: what follows from them is noise, as are warnings about a file that is not one yet, and a second
  // complaint of a header about the same line.
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.error > b.error; });
  std::vector<Diagnostic> kept;
  for (auto& one : found) {
    if (!one.error && !kept.empty() && kept.front().error) break;
    const bool again = std::any_of(kept.begin(), kept.end(), [&](const Diagnostic& other) {
      return other.line == one.line && (other.text == one.text || one.in_header);
    });
    if (!again) kept.push_back(std::move(one));
  }
  std::stable_sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  return kept;
}

}  // namespace tb::exercise
