// A document as one string with structure over it: every place of the page is an offset into Flow::text, so that
// selection, copy, find and line breaking speak of the same thing. Fonts and widths come later (layout.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/document.h"

namespace tb {
class Strings;
}

namespace tb::viewer::page {

using Offset = std::uint32_t;

struct Range {                    // bytes of Flow::text, begin included, end not
  Offset begin = 0, end = 0;
  Offset size() const { return end - begin; }
  bool empty() const { return begin == end; }
  bool operator==(const Range&) const = default;
};

// A stretch of text in one style, a formula ("$...$" in the text), an image, or a forced line break.
struct Run {
  enum class Kind { text, math, image, line_break } kind = Kind::text;
  Range range;
  bool bold = false, italic = false, code = false;
  bool note = false;              // the mark of a footnote: a small raised number
  int link = -1;                  // index into Flow::links
  std::string source;             // math: LaTeX; image: its path
};

// What a leaf stands in, from the outside in; `id` tells one quote or item from the next.
struct Container {
  enum class Kind { quote, item } kind = Kind::quote;
  int id = 0;
  bool operator==(const Container&) const = default;
};

struct Cell {
  std::vector<Run> runs;
  Range range;
  book::Block::Align align = book::Block::Align::none;
};

struct Row {
  std::vector<Cell> cells;
  Range range;
  bool header = false;
};

// One piece of the page without blocks inside it.
struct Leaf {
  enum class Kind { heading, paragraph, code, math, figure, rule, table, directive, error } kind = Kind::paragraph;
  Range range;                    // without the marker
  Range marker;                   // "1." or a bullet, on the first leaf of a list's item
  bool ordered = false;           // the marker is a number
  bool tight = false;             // follows the item before it closely
  bool begins_list = false;       // its marker is the first of a list
  std::vector<Container> containers;
  std::vector<Run> runs;          // heading, paragraph, error; behind `range` what a code directive shows
  std::vector<Run> caption;       // figure, table, code: behind `range` and `runs`
  std::string language;           // code
  std::vector<Row> rows;          // table
  std::size_t block = 0;          // which of Document::blocks it belongs to
  const book::Block* source = nullptr;
};

// A place inside a word where a line may end: a soft hyphen, or a zero-width space.
struct SoftBreak {
  Offset at = 0;
  bool hyphen = false;            // a hyphen shows at the line's end
};

struct Flow {
  std::shared_ptr<const book::Document> document;   // leaves point into it
  std::string text;
  std::vector<Leaf> leaves;
  std::vector<std::string> links;
  std::vector<SoftBreak> soft_breaks;               // by offset
  std::map<std::string, std::size_t> anchors;       // the first leaf of what has one, headings too
  std::string_view operator[](Range range) const { return std::string_view(text).substr(range.begin, range.size()); }
};

Offset end_of(const Leaf& leaf);                    // with its caption

// A link to the glossary, which looks like the text around it but for a dotted line.
bool is_term(const Flow& flow, int link);

// `strings` words the errors of raw_error blocks; without it their codes are shown. `listing`: as in Page::show.
using Listing = std::function<std::optional<std::string>(const book::Directive&)>;
Flow make_flow(std::shared_ptr<const book::Document> document, const Strings* strings,
               const Listing& listing = nullptr);

}  // namespace tb::viewer::page
