// Gathers the spans of one block (a paragraph, a heading, a cell) from md4c's events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <md4c.h>

#include "book/document.h"
#include "book/footnotes.h"
#include "book/source.h"

namespace tb::book {

// The errors of one chapter, each at path:line.
struct ErrorLog {
  std::string path;
  std::vector<Error> errors;
  int first_line = 1;                              // of what is read, in the chapter

  std::string at(int line) const { return path + ":" + std::to_string(line + first_line - 1); }
  Error add(const tl::unexpected<Error>& error);   // and hands it back
};

class InlineText {
 public:
  // `notes`: the chapter's footnotes; null within one of them.
  InlineText(Source& source, ErrorLog& log, Footnotes* notes) : source_(source), log_(log), notes_(notes) {}

  void style(MD_SPANTYPE type, void* detail, int change);   // +1: it begins, -1: it ends
  void text(MD_TEXTTYPE type, std::string_view text);
  std::string attribute(const MD_ATTRIBUTE& attribute);     // with its entities decoded

  struct Display { std::size_t span; int line; };           // a $$...$$ among the spans
  struct Gathered {
    std::vector<Span> spans;                                // without blanks at the ends
    std::vector<Display> displays;
    std::string html;                                       // all raw HTML, without comments
    int html_line = 0;
    bool html_first = false;                                // nothing stands before it
  };
  Gathered take();                                          // and begins anew

 private:
  Span& begin_span(Span::Kind kind);
  Span styled(Span::Kind kind) const;
  void begin_empty_link(const std::string& target);
  void append(std::string_view text);
  void append_prose(std::string_view text);                 // in which footnotes are mentioned
  void mention(std::string_view name);
  std::string entity(std::string_view text);
  void check_stray_marks(std::string_view text);

  Source& source_;
  ErrorLog& log_;
  Footnotes* notes_;
  Gathered out_;
  int bold_ = 0, italic_ = 0, code_ = 0, images_ = 0;       // how many are open
  std::string link_, link_title_;
  std::size_t link_begin_ = 0;                              // how many spans stand before the open link
};

std::string without_comments(std::string_view html);

bool is_blank(const Span& span);                            // words that are only blanks, and no link
void trim_ends(std::vector<Span>& spans);                   // takes blanks off both ends

}  // namespace tb::book
