// chapters/symbols.toml: what the letters of the book's formulas stand for. Where one letter means several things, the
// entry that names the section counts before one that names the chapter, and that before one that names nothing.
//
//     [[symbol]]
//     tex = ["z_i", "z_j"]                                # or one of them
//     en = "logit of a token"
//     ru = "логит токена"
//     shape = "[vocab]"                                   # may be absent
//     term = "logit"                                      # of the glossary; may be absent
//     at = ["02-token-logit-probability#softmax"]         # chapters or sections; may be absent: the whole book
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "book/document.h"

namespace tb::book {

struct Symbol {
  std::vector<std::string> tex;                            // names as in formula_symbols.h
  std::map<std::string, std::string> meaning;              // by language
  std::string shape, term;
  std::vector<std::string> at;
  int line = 0;
};

struct Symbols {
  std::vector<Symbol> all;
  // The symbol of this name at a place "chapter#section"; nullptr: none is known.
  const Symbol* find(std::string_view name, std::string_view place) const;
};

// Errors: symbols.syntax, symbols.missing, symbols.unknown-key, symbols.tex (no letter with its scripts),
// symbols.twice (of the same place), each at file:line; file.open, file.read.
Result<Symbols> read_symbols(const std::filesystem::path& file);

// The symbols of a formula in the order in which they come, each once; `symbol` is null for one that nothing explains.
// Scripts are looked at only where the symbol is not explained with them.
struct Explained {
  std::string name;
  const Symbol* symbol = nullptr;
};
std::vector<Explained> explain(std::string_view latex, const Symbols& symbols, std::string_view place);

// Every formula of a document with the anchor of the section (level 2 or 3) it stands in; footnotes come last, as if in
// the last section.
struct PlacedFormula {
  std::string latex, section;
  int line = 0;
};
std::vector<PlacedFormula> formulas_of(const Document& document);

}  // namespace tb::book
