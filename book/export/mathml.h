// From the LaTeX of a formula to MathML, which browsers draw and screen readers read by themselves.
//
// What is understood is what a chapter needs: letters, numbers (2.5, and 2{,}5 in Russian), operators, Greek, scripts
// and primes, \frac, \binom, \sqrt, accents, braces over and under, \text and the styles of letters, named functions,
// \left ... \right, matrices, cases and aligned lines. Anything else is an error that names it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "book/latex_symbols.h"

namespace tb::book {

// A whole <math> element, with the source as an annotation; `display`: on a line of its own.
// Errors, whose last argument is the source from the place on: formula.command (unknown; names the nearest),
// formula.brace, formula.argument, formula.script (two on the same side), formula.delimiter, formula.environment,
// formula.depth. Where it stands only the caller knows.
Result<std::string> to_mathml(std::string_view latex, bool display);

}  // namespace tb::book
