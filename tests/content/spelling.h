// The spelling of the book, by Hunspell's dictionaries and a list of the book's own words, chapters/words.txt: one a
// line, "# ..." are comments, "логит/магнит" declines the first word as the dictionary declines the second.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "book/document.h"
#include "tests/content/lint.h"

class Hunspell;

namespace tb::lint {

class Spelling {
 public:
  // `dictionaries` holds en_GB.{aff,dic} and ru_RU.{aff,dic}. Errors: file.open (what is missing), spelling.word
  // (a line of the list: path:line).
  static Result<Spelling> open(const std::filesystem::path& dictionaries, const std::filesystem::path& words);
  ~Spelling();
  Spelling(Spelling&&);

  // The words of a text that are in neither dictionary nor list, in their order. A word in Latin letters is looked up in
  // English, one in Cyrillic in Russian, whatever the text's language is; one with a digit or an underscore in it, and
  // one in capitals alone, is a name and not looked up; of a word with hyphens each part may be right by itself.
  std::vector<std::string> unknown(std::string_view text);
  // Entries of the list that no text needed so far: "words.txt:line: ...".
  Findings unneeded() const;

 private:
  struct Language;
  struct Entry {
    std::string word;
    int line = 0;
    bool needed = false;
  };
  Spelling();
  bool knows(const std::string& word);

  std::unique_ptr<Language> english_, russian_;
  std::vector<Entry> entries_;
};

Findings misspelt(const book::Document& document, Spelling& spelling);   // prose and what directives say; no references
Findings misspelt(const book::Glossary& glossary, Spelling& spelling);
Findings misspelt(const book::Symbols& symbols, Spelling& spelling);
Findings misspelt(const Strings& strings, Spelling& spelling);

}  // namespace tb::lint
