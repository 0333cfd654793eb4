// Rules of prose and of the formulas in it.
#include <algorithm>
#include <set>

#include "tests/content/lint.h"

namespace tb::lint {

using book::Block;
using book::Document;

namespace {

std::string at(const Document& document, int line) {
  return document.path.generic_string() + ":" + std::to_string(line) + ": ";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string straight_mark(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char before = i > 0 ? text[i - 1] : ' ', after = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool quote = text[i] == '"' || text[i] == '\'';
    const bool dash = text[i] == '-' && (after == '-' || (before == ' ' && after == ' '));
    const bool minus = text[i] == '-' && is_digit(after) && (before == ' ' || before == '(');
    if (!quote && !dash && !minus) continue;
    // Whole characters around it.
    std::size_t begin = i - std::min<std::size_t>(i, 12), end = std::min(i + 12, text.size());
    while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    return std::string(text.substr(begin, end - begin));
  }
  return "";
}

Findings straight_marks(const Document& document) {
  Findings out;
  const auto check = [&](std::string_view text, int line) {
    if (const auto mark = straight_mark(text); !mark.empty()) out.push_back(at(document, line) + "… " + mark + " …");
  };
  const auto visit = [&](const Block& block) {
    // The spans of a sentence together, so that a hyphen at a span's end is seen with what follows it.
    std::string prose;
    for (const auto& span : block.spans)
      prose += span.kind == book::Span::Kind::text && !span.code ? span.text : "\uFFFC";
    check(prose, block.line);
    static const std::set<std::string> read{"caption", "question", "choice", "answer", "because", "right", "wrong", "says"};
    for (const auto& entry : block.directive.entries)     // the others are what a learner could have typed
      if (read.contains(entry.key)) check(entry.value, entry.line);
  };
  book::for_each_block(document.blocks, visit);
  for (const auto& note : document.notes) book::for_each_block(note.blocks, visit);
  return out;
}

Findings straight_marks(const book::Glossary& glossary) {
  Findings out;
  for (const auto& term : glossary.terms)
    for (const auto& [language, definition] : term.definition)
      if (const auto mark = straight_mark(definition); !mark.empty())
        out.push_back("glossary.toml:" + std::to_string(term.line) + ": … " + mark + " …");
  return out;
}

Findings unexplained_symbols(const Document& document, const book::Symbols& symbols, std::string_view chapter) {
  Findings out;
  for (const auto& formula : book::formulas_of(document)) {
    const std::string place = std::string(chapter) + (formula.section.empty() ? "" : "#" + formula.section);
    for (const auto& [name, symbol] : book::explain(formula.latex, symbols, place))
      if (!symbol) out.push_back(at(document, formula.line) + "nothing explains " + name + " in $" + formula.latex + "$");
  }
  return out;
}

Findings symbol_entries(const book::Symbols& symbols, const book::Glossary& glossary,
                        std::span<const ChapterTexts> chapters) {
  Findings out;
  std::set<std::pair<const book::Symbol*, std::string>> used;
  std::set<std::string> places;
  for (const auto& texts : chapters) {
    places.insert(texts.chapter.slug);
    for (const auto& section : book::sections(texts.en)) places.insert(texts.chapter.slug + "#" + section.anchor);
    for (const auto* document : {&texts.en, &texts.ru})
      for (const auto& formula : book::formulas_of(*document))
        for (const auto& [name, symbol] : book::explain(formula.latex, symbols, texts.chapter.slug + "#" + formula.section))
          used.emplace(symbol, name);
  }
  for (const auto& symbol : symbols.all) {
    const std::string where = "symbols.toml:" + std::to_string(symbol.line) + ": ";
    if (!symbol.term.empty() && !glossary.find(symbol.term)) out.push_back(where + "no term " + symbol.term);
    for (const auto& place : symbol.at)
      if (!places.contains(place)) out.push_back(where + "no place " + place);
    for (const auto& [language, meaning] : symbol.meaning)
      if (const auto mark = straight_mark(meaning); !mark.empty()) out.push_back(where + "… " + mark + " …");
    for (const auto& name : symbol.tex)
      if (!used.contains({&symbol, name})) out.push_back(where + "no formula has " + name);
  }
  return out;
}

}  // namespace tb::lint
