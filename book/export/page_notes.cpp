// What explains the text: footnotes at the end of a page, with links there and back, and the letters of formulas.
#include "book/export/html.h"
#include "book/export/mathml.h"
#include "book/export/page.h"
#include "book/footnotes.h"

namespace tb::book {

// Only the first of several marks of one note has an address, to which the note leads back.
std::string ChapterPage::note_mark(const Span& mark) {
  const std::string name = mark.link.substr(note_scheme.size());
  return "<sup><a href=\"#note." + escape_url(name) + "\"" + id("mention." + name) +
         " class=\"noteref\" role=\"doc-noteref\" aria-label=\"" +
         escape_html(strings_.format("export.note", {mark.text})) + "\">" + escape_html(mark.text) + "</a></sup>";
}

std::string ChapterPage::notes() {
  if (document_.notes.empty()) return {};
  std::string out = "<section class=\"notes\" role=\"doc-endnotes\" aria-labelledby=\"page.notes\">\n"
                    "<h2 id=\"page.notes\">" + word("export.notes") + "</h2>\n<ol>\n";
  for (const Note& note : document_.notes) {
    const std::string number = std::to_string(note.number);
    out += "<li" + id("note." + note.name) + ">" + blocks(note.blocks) + "<p><a href=\"#mention." + escape_url(note.name) +
           "\" role=\"doc-backlink\" aria-label=\"" + escape_html(strings_.format("export.note-back", {number})) +
           "\">↩</a></p></li>\n";
  }
  return out + "</ol>\n</section>\n";
}

std::string ChapterPage::symbols(const std::string& latex) {
  std::string list;
  const std::string here = chapter_.slug + (section_.empty() ? "" : "#" + section_);
  for (const auto& [name, symbol] : explain(latex, site_.symbols, here)) {
    const Result<std::string> letter = to_mathml(name, false);
    if (!symbol || !letter) continue;
    list += "<div><dt>" + *letter + "</dt><dd>" + escape_html(symbol->meaning.at(language_));
    if (!symbol->shape.empty()) list += " <code>" + escape_html(symbol->shape) + "</code>";
    list += "</dd></div>\n";
  }
  if (list.empty()) return {};
  return "<details class=\"symbols\">\n<summary>" + word("export.symbols") + "</summary>\n<dl>\n" + list +
         "</dl>\n</details>\n";
}

}  // namespace tb::book
