#include "labs/spread/prompts.h"

#include <sstream>
#include <string_view>

namespace tb {
namespace {

std::vector<std::string> pieces(const std::string& text, std::string_view ends) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(ends, at), text.size());
    const std::string piece = text.substr(at, end - at);
    const std::size_t first = piece.find_first_not_of(" \t\r"), last = piece.find_last_not_of(" \t\r");
    if (first != std::string::npos) out.push_back(piece.substr(first, last - first + 1));
    at = end + 1;
  }
  return out;
}

std::string filled(std::string text, std::string_view slot, const std::string& word) {
  for (std::size_t at = 0; (at = text.find(slot, at)) != std::string::npos; at += word.size())
    text.replace(at, slot.size(), word);
  return text;
}

}  // namespace

Result<std::vector<FilledPrompt>> fill_templates(const std::string& templates, const std::string& pairs,
                                                 std::int64_t most) {
  const std::vector<std::string> lines = pieces(templates, "\n"), couples = pieces(pairs, ",\n");
  if (lines.empty()) return fail("spread.template", "templates", {""});
  if (couples.empty()) return fail("spread.pair", "pairs", {""});
  if (const auto all = lines.size() * couples.size(); all > static_cast<std::size_t>(most))
    return fail("spread.many", "templates", {std::to_string(all), std::to_string(most)});
  std::vector<FilledPrompt> out;
  for (std::size_t of = 0; of < lines.size(); ++of) {
    if (lines[of].find("[A]") == std::string::npos || lines[of].find("[B]") == std::string::npos)
      return fail("spread.template", "templates", {lines[of]});
    for (const std::string& couple : couples) {
      std::istringstream words(couple);
      FilledPrompt prompt{.text = {}, .a = {}, .b = {}, .of = static_cast<std::int64_t>(of)};
      std::string more;
      if (!(words >> prompt.a >> prompt.b) || words >> more || prompt.a == prompt.b)
        return fail("spread.pair", "pairs", {couple});
      prompt.text = filled(filled(lines[of], "[A]", prompt.a), "[B]", prompt.b);
      out.push_back(std::move(prompt));
    }
  }
  return out;
}

}  // namespace tb
