// chapters/glossary.toml: the terms of the book with a definition in each language. A chapter links one by hand as
// [the piece](term:token); the first mention of each term in a section is linked by itself.
//
//     [[term]]
//     id = "token"
//     see = "02-token-logit-probability#token"            # where it is explained; may be absent
//     en = "token"
//     ru = "токен"
//     also.en = ["subword"]                               # other names; may be absent
//     define.en = "An entry of the vocabulary: ..."
//     define.ru = "Элемент словаря: ..."
//     by-hand = true                                      # an everyday word: linked only where a chapter does it
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "book/document.h"

namespace tb::book {

struct Term {
  std::string id;                                          // a-z, 0-9, hyphens
  std::string see;                                         // "chapter#anchor", or ""
  std::map<std::string, std::string> name, definition;     // by language: en, ru
  std::map<std::string, std::vector<std::string>> also;    // by language
  bool by_hand = false;
  int line = 0;
};

struct Glossary {
  std::vector<Term> terms;                                 // in the order of the file
  const Term* find(std::string_view id) const;             // nullptr: there is none
};

// Errors: glossary.syntax, glossary.missing, glossary.unknown-key, glossary.id, glossary.twice (an id), glossary.same
// (two terms whose names are forms of the same words), each at file:line; file.open, file.read.
Result<Glossary> read_glossary(const std::filesystem::path& file);

constexpr std::string_view term_scheme = "term:";

// Makes the first mention of each term in each section (headings of level 2 and 3 begin one) a link to "term:<id>",
// where no link to it stands there before. Names are found in any form and case, the longest first; only in running
// text: not in headings, code, formulas, links and tables.
void link_terms(Document& document, const Glossary& glossary);

}  // namespace tb::book
