// What search finds: the pieces that a chapter and the glossary consist of, as plain text.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "book/document.h"
#include "book/glossary.h"

namespace tb::book {

struct Bytes {                         // of some text
  std::size_t begin = 0, end = 0;
  bool operator==(const Bytes&) const = default;
};

// A piece of the book that is found as a whole: a paragraph, a heading, a table's row, a listing, a formula...
struct Passage {
  enum class Kind { title, heading, text, formula, code, lab, question, term } kind = Kind::text;
  std::string language;
  std::size_t chapter = 0;             // the index it was added under; of no meaning for a term
  std::size_t block = 0;               // index into Document::blocks; of a term into Glossary::terms
  std::string anchor, section;         // the heading it stands under: "" before the first, and the chapter's title
  std::string id;                      // of a lab, question, listing or term
  std::uint32_t part = 0;              // sections are counted, so that one is told from another
  std::string text;                    // as the page writes it: formulas between $, cells parted by tabs
  std::vector<Bytes> formulas;         // where they stand in it, with their $
};

// The lines of a code directive, as the page shows them.
using Listing = std::function<std::optional<std::string>(const Directive&)>;

std::vector<Passage> passages_of(const Document& document, std::size_t chapter, const Listing& listing);
std::vector<Passage> passages_of(const Glossary& glossary);

}  // namespace tb::book
