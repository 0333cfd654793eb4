// Gathers the spans of one block (a paragraph, a heading, a cell) from md4c's events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <md4c.h>

#include "book/document.h"
#include "book/source.h"

namespace tb::book {

// The errors of one chapter, each at path:line.
struct ErrorLog {
  std::string path;
  std::vector<Error> errors;

  std::string at(int line) const { return path + ":" + std::to_string(line); }
  Error add(const tl::unexpected<Error>& error);   // and hands it back
};

class InlineText {
 public:
  InlineText(Source& source, ErrorLog& log) : source_(source), log_(log) {}

  void style(MD_SPANTYPE type, void* detail, int change);   // +1: it begins, -1: it ends
  void text(MD_TEXTTYPE type, std::string_view text);
  std::string attribute(const MD_ATTRIBUTE& attribute);     // with its entities decoded

  struct Display { std::size_t span; int line; };           // a $$...$$ among the spans
  struct Gathered {
    std::vector<Span> spans;                                // without blanks at the ends
    std::vector<Display> displays;
    std::string html;                                       // all raw HTML, without comments
    int html_line = 0;
  };
  Gathered take();                                          // and begins anew

 private:
  Span& begin_span(Span::Kind kind);
  Span styled(Span::Kind kind) const;
  void append(std::string_view text);
  std::string entity(std::string_view text);
  void check_stray_marks(std::string_view text);

  Source& source_;
  ErrorLog& log_;
  Gathered out_;
  int bold_ = 0, italic_ = 0, code_ = 0, images_ = 0;       // how many are open
  std::string link_, link_title_;
};

std::string without_comments(std::string_view html);

bool is_blank(const Span& span);                            // words that are only blanks
void trim_ends(std::vector<Span>& spans);                   // takes blanks off both ends

}  // namespace tb::book
