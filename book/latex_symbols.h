// The commands of LaTeX that stand for a sign, and what they are in a formula.
#pragma once

#include <span>
#include <string_view>

namespace tb::book {

namespace mathml {

enum class Kind {
  letter,          // an identifier: \alpha
  upright,         // one that is not slanted: \infty
  binary, relation, punctuation,
  open, close,     // brackets
  ordinary,        // an operator sign that takes no space: \partial, \forall
  limits,          // a large operator with its bounds above and below: \sum
  integral,        // one with its bounds beside it
  function,        // a word: \exp
  limit_function,  // a word with its bounds below: \max
  space,           // `text` is a width in em
};

struct Symbol {
  std::string_view command, text;   // "alpha", "α"
  Kind kind;
};
const Symbol* find_symbol(std::string_view command);
std::span<const Symbol> symbols();

// The letter in a style: "mathbf", "mathbb", "mathcal", "mathsf", "mathtt", "mathit", "mathfrak", "boldsymbol"; 0 where
// Unicode has none.
char32_t styled_letter(std::string_view style, char32_t letter);

// The sign behind \left, \right and \big: "(", "\\langle", "."; false where there is no such one.
bool find_delimiter(std::string_view name, std::string_view& sign);

// What an accent puts over or under its argument; nullptr where the command is none.
struct Accent { std::string_view command, sign; bool below, stretchy; };
const Accent* find_accent(std::string_view command);

}  // namespace mathml

}  // namespace tb::book
