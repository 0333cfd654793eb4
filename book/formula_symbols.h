// The symbols of a formula: its letters, each with the scripts that belong to it. Operators, digits, brackets, names of
// functions and text are none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tb::book {

struct SymbolUse {
  std::size_t begin = 0, end = 0;      // bytes of the formula, scripts included
  std::vector<std::string> names;      // "z_i^2", "z_i", "z": with fewer and fewer scripts, without needless braces
  std::vector<SymbolUse> inside;       // the symbols in its scripts
};

// In order; those inside fractions, roots and groups too. What is no LaTeX gives what can be found in it.
std::vector<SymbolUse> symbols_in(std::string_view latex);

}  // namespace tb::book
