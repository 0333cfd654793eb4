// From the LaTeX of a formula to MathML, which browsers draw and screen readers read by themselves.
//
// What is understood is what a chapter needs: letters, numbers (2.5, and 2{,}5 in Russian), operators, Greek, scripts
// and primes, \frac, \binom, \sqrt, accents, braces over and under, \text and the styles of letters, named functions,
// \left ... \right, matrices, cases and aligned lines. Anything else is an error that names it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tb::book {

// A whole <math> element, with the source as an annotation; `display`: on a line of its own.
// Errors, whose last argument is the source from the place on: formula.command (unknown; names the nearest),
// formula.brace, formula.argument, formula.script (two on the same side), formula.delimiter, formula.environment,
// formula.depth. Where it stands only the caller knows.
Result<std::string> to_mathml(std::string_view latex, bool display);

// The tables behind it (mathml_symbols.cpp).
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
