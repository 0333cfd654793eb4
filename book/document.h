// A chapter as data. book parses its Markdown once (md4c); reader, search, content tests and export read this one
// document. No torch, no ImGui.
//
// What is Markdown here: CommonMark with tables, LaTeX between dollar signs ($...$ in the line, $$...$$ always a block
// of its own) and footnotes as GitHub has them ([^name], book/footnotes.h). The only HTML is a comment, and an anchor
// <a id="softmax"></a>, on a line of its own before a heading, a formula, an image, a table or a listing, or at the
// beginning of a list's item. What would be shown as stray marks is an error: a $ that opens no formula, ** that opens
// no bold text, a broken link, a footnote without a text.
//
// Figures, tables, listings. An image alone in its paragraph is a figure. The emphasised line right under an image, or
// the emphasised paragraph under a table or a block of code, is its caption (of an image else its title; a code
// directive has its own):
//     ![Ten bars](images/bars.png)
//     *The ten most probable tokens, $T = 1$.*
//
// Numbers. Figures, tables and listings that have a caption are numbered through the chapter, each kind for itself:
// "Figure 2.3". Formulas are numbered where they have an anchor, for only those can be spoken of: "(2.4)". Labs have
// titles and are not numbered. A link to what has a number shows it: [formula](#softmax-formula) reads "formula (2.1)",
// which suits every case of a Russian noun, and [](#bars) reads "Figure 2.3" by itself. What has no anchor gets one
// from its kind and number: "figure-3", "table-1", "listing-2".
//
// Notes of the author are footnotes: beside the text where the window has room for them, else in a card; any other
// Markdown site shows them under the text. Sources are a list whose items begin with an anchor; a link to one opens it
// in place:
//     [Vaswani et al. 2017](#vaswani-2017)
//     - <a id="vaswani-2017"></a>Vaswani, A., and others. 2017. *Attention Is All You Need*.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb::book {

// A run of text in one style. Spans of a paragraph follow one another without a separator.
struct Span {
  enum class Kind { text, math, image, line_break, note } kind = Kind::text;
  std::string text;          // UTF-8; the LaTeX source of math; the alternative text of an image; a footnote's number
  bool bold = false, italic = false, code = false;
  std::string link;          // "" or a target: "#anchor", "chapter#anchor", "claim:mary", "note:name", "https://..."
  std::string image;         // path of an image, relative to the chapter's folder
  std::string title;         // of an image or a link
};

// A fenced directive: lab, predict, quiz, exercise, code, claim; book/directive.h has its grammar and its keys.
struct Directive {
  struct Entry { std::string key, value; int line = 0; };
  std::string kind;
  std::string id;                     // unique in the chapter; of a code directive its "path#region"
  std::vector<Entry> entries;         // in file order, `id` and (for a lab) `lab` included
  std::string value(std::string_view key) const;   // "" where absent
  std::map<std::string, std::string> inputs() const;  // entries that set a lab's inputs
};

struct Block {
  enum class Kind {
    heading, paragraph, list, item, quote, table, row, cell, code, math, figure, rule, directive, raw_error
  } kind = Kind::paragraph;
  int line = 0;                       // of the source, from 1
  int level = 0;                      // heading: 1..6
  bool ordered = false, tight = true; // list
  int start = 1;                      // ordered list
  bool header = false;                // row
  enum class Align { none, left, center, right } align = Align::none;   // cell
  std::string anchor;                 // from <a id="..."></a>; a heading's else made from its text, see above
  std::string number;                 // figure, table, listing, math: "2.3"; "" where it has none
  std::string language;               // code
  std::string text;                   // code: its lines; math: the LaTeX source; figure: the alternative text
  std::string image;                  // figure: path relative to the chapter's folder
  std::vector<Span> spans;            // heading, paragraph, cell; the caption of figure, table, code
  std::vector<Block> children;        // list, item, quote, table, row
  Directive directive;
  std::vector<Error> errors;          // raw_error: shown in its place on the page
};

// A footnote: paragraphs, lists, formulas and code.
struct Note {
  std::string name;
  int number = 0;                     // from 1, in the order of first mention
  int line = 0;
  std::vector<Block> blocks;
};

struct Document {
  std::filesystem::path path;         // of the Markdown file
  std::string language;               // "en", "ru"
  std::string title;                  // text of the first heading
  std::string chapter;                // its number, "2"; may be ""
  std::vector<Block> blocks;
  std::vector<Note> notes;            // by number
  std::vector<Error> errors;          // all of them, located at file:line, also those in blocks
};

// Never fails: what cannot be understood becomes a raw_error block and an entry of errors. `chapter`: the first part of
// the numbers of figures and formulas, "" for none.
Document parse_document(std::string_view markdown, const std::filesystem::path& path, std::string_view language,
                        std::string_view chapter = "");
Result<Document> read_document(const std::filesystem::path& path, std::string_view language,
                               std::string_view chapter = "");

struct Section { std::string anchor, title; int level; std::size_t block; };
std::vector<Section> sections(const Document& document);   // headings of level 2 and 3

std::string plain_text(const std::vector<Span>& spans);    // without the marks of footnotes

const Note* find_note(const Document& document, std::string_view name);             // nullptr: there is none
const Block* find_anchor(const std::vector<Block>& blocks, std::string_view anchor);   // likewise, anywhere in the tree

// "Figure 2.3", «Рис. 2.3», "(2.4)": what stands before the caption of a block with a number, and beside a formula.
std::string label_of(const Block& block, std::string_view language);

// Calls `visit` for every block of the tree, parents before their children.
void for_each_block(const std::vector<Block>& blocks, const std::function<void(const Block&)>& visit);

}  // namespace tb::book
