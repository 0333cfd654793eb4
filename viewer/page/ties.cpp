#include "viewer/page/ties.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "viewer/page/break_lines.h"

namespace tb::viewer::page {

namespace {

bool is_cyrillic(char32_t c) { return c >= 0x400 && c <= 0x52F; }
bool is_letter(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= 0xC0 && c <= 0x24F) || is_cyrillic(c);
}
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_chinese(char32_t c) {
  return (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

char32_t first_of(std::string_view text) {
  std::size_t at = 0;
  return text.empty() ? 0 : next_code_point(text, at).value_or(0);
}

// The word that ends before text[at], without brackets and quotation marks in front of it.
std::string_view word_before(std::string_view text, Offset at) {
  std::size_t begin = at;
  while (begin > 0 && text[begin - 1] != ' ' && text[begin - 1] != '\n' && text[begin - 1] != '\t') --begin;
  std::string_view word = text.substr(begin, at - begin);
  for (const std::string_view opening : {"(", "[", "«", "„", "“", "\""})
    if (word.starts_with(opening)) word.remove_prefix(opening.size());
  return word;
}

std::string_view word_after(std::string_view text, Offset at) {
  const std::string_view rest = text.substr(std::min<std::size_t>(at + 1, text.size()));
  return rest.substr(0, rest.find_first_of(" \n\t"));
}

// Prepositions, conjunctions and particles of two and three letters that lean on the next word, and those that lean on
// the word before.
constexpr std::array<std::string_view, 22> leaning_on_next = {
    "на", "не", "но", "по", "за", "из", "от", "до", "со", "во", "ко", "об", "ни", "то", "На", "Не", "Но", "По", "За",
    "Из", "для", "при"};
constexpr std::array<std::string_view, 5> leaning_on_last = {"же", "ли", "бы", "ж", "б"};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

float space_cost(std::string_view text, Offset at) {
  const std::string_view before = word_before(text, at), after = word_after(text, at);
  const char32_t next = first_of(after);
  // No line begins with a dash (inside a sentence) or with the sign that belongs to a number.
  if (next == U'—' || next == U'–') return before.empty() ? 0 : never_break;
  if ((next == U'%' || next == U'‰' || next == U'°') && !before.empty() && is_digit(before.back())) return never_break;
  if (before == "№" || before == "§") return never_break;
  std::size_t length = 0;
  const char32_t only = before.empty() ? 0 : next_code_point(before, length).value_or(0);
  if (length == before.size() && is_letter(only)) return is_cyrillic(only) ? never_break : 1;   // "в", "a", "I"
  if (contains(leaning_on_next, before)) return 1.5f;
  if (contains(leaning_on_last, after.substr(0, after.find_first_of(",.;:!?")))) return 1.5f;
  return 0;
}

float inner_cost(char32_t before, char32_t after) {
  if (before == U'—') return 0.2f;
  if ((before == U'-' || before == U'–') && (is_letter(after) || is_digit(after))) return 2;
  if ((before == U'/' || before == U'_' || before == U'&' || before == U'?' || before == U'=') && is_letter(after))
    return 2;
  if (is_chinese(before) && is_chinese(after)) return 0.1f;
  return never_break;
}

}  // namespace tb::viewer::page
