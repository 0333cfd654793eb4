// The rules that chapters and interface texts obey. Each function lists what breaks one, as "file:line: what"; an empty
// list is a pass. They are plain functions, so that lint_test.cpp can show that each of them finds what it is for.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "book/catalogue.h"
#include "book/document.h"
#include "book/glossary.h"
#include "book/symbols.h"
#include "labs/lab.h"

namespace tb::lint {

using Findings = std::vector<std::string>;
std::string joined(const Findings& findings);   // one a line; "" where there are none

struct ChapterTexts {
  book::Chapter chapter;
  book::Document en, ru;
};

// ---- chapters ----
Findings parse_errors(const book::Document& document, const Strings& strings);
Findings title_differs(const ChapterTexts& texts);                        // from the catalogue's
Findings languages_differ(const ChapterTexts& texts);                     // anchors, directives, labs, claims
Findings dead_links(const book::Document& document, std::span<const ChapterTexts> chapters);   // but for terms
Findings term_links(const book::Document& document, const book::Glossary& glossary);
Findings glossary_links(const book::Glossary& glossary, std::span<const ChapterTexts> chapters);   // its `see`
Findings mixed_alphabets(const book::Glossary& glossary);
Findings missing_images(const book::Document& document);
Findings claim_citations(const book::Document& document);                 // uncited claims, unknown ids, wrong numbers
Findings lab_inputs(const book::Document& document, std::span<const Lab* const> labs);
Findings code_regions(std::span<const ChapterTexts> chapters, const std::filesystem::path& root,
                      const std::vector<std::filesystem::path>& sources);
Findings straight_marks(const book::Document& document);                  // " ' -- and - where typography has better
Findings straight_marks(const book::Glossary& glossary);
// Letters of formulas that chapters/symbols.toml does not explain; entries that no formula has, unknown terms and places.
Findings unexplained_symbols(const book::Document& document, const book::Symbols& symbols, std::string_view chapter);
Findings symbol_entries(const book::Symbols& symbols, const book::Glossary& glossary,
                        std::span<const ChapterTexts> chapters);
Findings mixed_alphabets(const book::Document& document);                 // a Cyrillic letter within a Latin word

// ---- interface texts ----
Findings strings_differ(const Strings& en, const Strings& ru);            // keys, placeholders, plural forms
Findings mixed_alphabets(const Strings& strings);
Findings lab_labels(std::span<const Lab* const> labs, const Strings& strings);
// Sources by file name: every fail("code") has its sentences, every get("key") its text, and every error text its code.
Findings unknown_keys(const std::map<std::string, std::string>& sources, const Strings& strings);

// "" or what stands around the first straight quote, double hyphen, hyphen for a dash or for a minus.
std::string straight_mark(std::string_view text);
// "" or the first word of the text that mixes Latin and Cyrillic letters.
std::string mixed_word(std::string_view text);
// "" or the first word of Cyrillic letters alone that look like Latin ones: in English prose a typing mistake.
std::string disguised_word(std::string_view text);

}  // namespace tb::lint
