// One chapter as the inside of an HTML page.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "book/claims.h"
#include "book/export/export.h"
#include "book/export/folder.h"
#include "book/glossary.h"
#include "book/symbols.h"

namespace tb::book {

// What all pages of an export share.
struct Site {
  const ExportOptions& options;
  std::vector<Chapter> chapters;
  Glossary glossary;                             // without terms where the book has none
  Symbols symbols;                               // likewise
  Files files;                                   // gathered here, written at the end
  ExportReport report;

  void add_error(const Error& error) { report.errors.push_back(error); }
};

// A lab's examples as labs of their own, "capital.2", but for those that show what the lab itself shows.
struct OtherRun {
  std::string name;
  Directive lab;
};
std::vector<OtherRun> other_runs(const Directive& lab);

class ChapterPage {
 public:
  ChapterPage(Site& site, const Chapter& chapter, const Document& document, const Strings& strings);

  // The blocks and, behind them, the table of the chapter's claims. Adds figures and images to the site's files.
  std::string write();

 private:
  // Blocks. `demoted`: headings of another document inside this one (an exercise's statement) begin there.
  std::string blocks(const std::vector<Block>& list);
  std::string block(const Block& block);
  std::string heading(const Block& block);
  std::string list(const Block& block);
  std::string table(const Block& block);
  std::string figure(const Block& block);
  std::string formula(const Block& block);
  std::string symbols(const std::string& latex); // what the formula's letters stand for, behind a click
  std::string error(const Error& error) const;
  std::string caption(const Block& block);       // "Figure 2.3. What it shows", or ""
  std::string listing(std::string_view code, std::string_view language) const;

  // Spans.
  std::string spans(const std::vector<Span>& list, const std::string& where);
  std::string span(const Span& span, const std::string& where);

  // Footnotes (page_notes.cpp).
  std::string note_mark(const Span& mark);
  std::string notes();

  // Directives (page_directives.cpp).
  std::string directive(const Block& block);
  std::string lab(const Directive& directive);
  std::string lab_body(const Directive& directive, const LabRun& run);
  std::string examples_of(const Directive& lab);
  std::string picture(const Directive& directive, const LabRun& run);
  std::string predict(const Directive& directive);
  std::string quiz(const Directive& directive);
  std::string exercise(const Block& block);
  std::string hints(const std::vector<Block>& list);
  std::string code_region(const Block& block);
  std::string claim_table();

  std::string place(int line) const;             // file:line, the file as seen from the root
  std::string id(const std::string& wanted);     // ` id="..."`, or "" where another thing on the page has it
  std::string word(std::string_view key) const;  // of the strings, escaped

  Site& site_;
  const Chapter& chapter_;
  const Document& document_;
  const Strings& strings_;
  std::string language_, section_;               // the anchor of the heading above
  std::set<std::string> ids_, predicted_;        // given on this page; labs whose result is asked for before
  std::set<std::string> anchors_;                // links inside the page that lead somewhere: "#softmax", "claim:mary"
  std::map<std::string, std::string> cited_;     // claim to the text that first cites it
  int demoted_ = 0, last_level_ = 0;             // of the heading above
};

// The inside of the page that terms lead to.
std::string glossary_page(const Site& site, const Strings& strings);
std::vector<const Term*> sorted_terms(const Glossary& glossary, const std::string& language);

// The text of one section, for the search.
struct SearchEntry {
  std::string anchor, title, text;
};
std::vector<SearchEntry> search_entries(const Document& document, const std::filesystem::path& root);

}  // namespace tb::book
