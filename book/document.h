// A chapter as data. book parses its Markdown once (md4c); reader, search, content tests and export read this one
// document. No torch, no ImGui.
//
// What is Markdown here: CommonMark with tables and LaTeX between dollar signs ($...$ in the line, $$...$$ always a
// block of its own). The only HTML is a comment, and <a id="softmax"></a> on a line of its own before a heading.
// An image alone in its paragraph is a figure; its caption is the emphasised line right under it, else its title:
//     ![Ten bars](images/bars.png)
//     *The ten most probable tokens, $T = 1$.*
// What would be shown as stray marks is an error: a $ that opens no formula, ** that opens no bold text, a broken link.
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
  enum class Kind { text, math, image, line_break } kind = Kind::text;
  std::string text;          // UTF-8; the LaTeX source of math; the alternative text of an image
  bool bold = false, italic = false, code = false;
  std::string link;          // "" or a target: "#anchor", "chapter#anchor", "claim:mary", "https://..."
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
  std::string anchor;                 // heading: from <a id="..."></a> before it, else made from its text
  std::string language;               // code
  std::string text;                   // code: its lines; math: the LaTeX source; figure: the alternative text
  std::string image;                  // figure: path relative to the chapter's folder; spans hold the caption
  std::vector<Span> spans;            // heading, paragraph, cell, figure
  std::vector<Block> children;        // list, item, quote, table, row
  Directive directive;
  std::vector<Error> errors;          // raw_error: shown in its place on the page
};

struct Document {
  std::filesystem::path path;         // of the Markdown file
  std::string language;               // "en", "ru"
  std::string title;                  // text of the first heading
  std::vector<Block> blocks;
  std::vector<Error> errors;          // all of them, located at file:line, also those in blocks
};

// Never fails: what cannot be understood becomes a raw_error block and an entry of errors.
Document parse_document(std::string_view markdown, const std::filesystem::path& path, std::string_view language);
Result<Document> read_document(const std::filesystem::path& path, std::string_view language);

struct Section { std::string anchor, title; int level; std::size_t block; };
std::vector<Section> sections(const Document& document);   // headings of level 2 and 3

std::string plain_text(const std::vector<Span>& spans);

// Calls `visit` for every block of the tree, parents before their children.
void for_each_block(const std::vector<Block>& blocks, const std::function<void(const Block&)>& visit);

}  // namespace tb::book
