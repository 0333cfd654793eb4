#include "book/passages.h"

#include <set>

#include "base/text.h"
#include "book/footnotes.h"

namespace tb::book {

namespace {

// Words as a page writes them (viewer/page/flow.cpp): blanks for line ends, no soft hyphens.
void append_words(std::string& out, std::string_view words) {
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(words, at).value_or(U'?');
    if (c == 0xAD || c == 0x200B) continue;
    if (c == U'\n' || c == U'\t' || c == U'\r') out += ' ';
    else out += words.substr(begin, at - begin);
  }
}

// `formulas`: takes where they stand; may be null.
std::string page_text(const std::vector<Span>& spans, std::vector<Bytes>* formulas = nullptr, std::string out = "") {
  for (const Span& span : spans) {
    switch (span.kind) {
      case Span::Kind::text: append_words(out, span.text); break;
      case Span::Kind::math:
        if (formulas) formulas->push_back({out.size(), out.size() + span.text.size() + 2});
        out += "$" + span.text + "$";
        break;
      case Span::Kind::image: out += span.text; break;
      case Span::Kind::line_break: out += '\n'; break;
      case Span::Kind::note: out += span.text; break;
    }
  }
  return out;
}

std::string page_code(std::string_view code) {
  while (code.ends_with('\n')) code.remove_suffix(1);
  std::string out;
  for (const char c : code) {
    if (c == '\t') out += "    ";
    else if (c != '\r') out += c;
  }
  return out;
}

// What a learner reads of a directive that is no code: of a question not the answers' explanations.
std::string directive_text(const Directive& directive) {
  std::string out;
  const bool is_lab = directive.kind == "lab";
  for (const Directive::Entry& entry : directive.entries) {
    const bool shown = is_lab ? entry.key != "lab" && entry.key != "id" && entry.key != "set"
                              : entry.key == "question" || entry.key == "choice" || entry.key == "right" ||
                                    entry.key == "wrong";
    if (shown) out += (out.empty() ? "" : "\n") + entry.value;
  }
  return out;
}

// Walks through a document and takes passages from it.
class Gathering {
 public:
  Gathering(const Document& document, std::size_t chapter, const Listing& listing)
      : document_(document), listing_(listing) {
    base_.language = document.language;
    base_.chapter = chapter;
    base_.section = document.title;
    for (base_.block = 0; base_.block < document.blocks.size(); ++base_.block) {
      visit(document.blocks[base_.block]);
      for_each_block({document.blocks[base_.block]}, [&](const Block& block) { add_notes(block); });
    }
  }

  std::vector<Passage> passages;

 private:
  Passage& add(Passage::Kind kind, std::string text, const std::string& id = "") {
    Passage passage = base_;
    passage.kind = kind;
    passage.text = std::move(text);
    passage.id = id;
    return passages.emplace_back(std::move(passage));
  }

  void add_spans(Passage::Kind kind, const std::vector<Span>& spans) {
    std::vector<Bytes> formulas;
    std::string text = page_text(spans, &formulas);
    add(kind, std::move(text)).formulas = std::move(formulas);
  }

  void visit(const Block& block) {
    switch (block.kind) {
      case Block::Kind::heading: add_heading(block); break;
      case Block::Kind::paragraph: case Block::Kind::figure:
        add_spans(Passage::Kind::text, block.spans);
        break;
      case Block::Kind::row: add_row(block); break;
      case Block::Kind::code:
        add(Passage::Kind::code, page_code(block.text));
        add_caption(block.spans);
        break;
      case Block::Kind::math:
        add(Passage::Kind::formula, "$$" + block.text + "$$").formulas.push_back({0, block.text.size() + 4});
        break;
      case Block::Kind::directive: add_directive(block.directive); break;
      case Block::Kind::list: case Block::Kind::item: case Block::Kind::quote: case Block::Kind::table:
      case Block::Kind::cell:
        for (const Block& child : block.children) visit(child);
        add_caption(block.spans);
        break;
      case Block::Kind::rule: case Block::Kind::raw_error: break;
    }
  }

  // A footnote is found where it is first mentioned.
  void add_notes(const Block& block) {
    for (const Span& span : block.spans) {
      if (span.kind != Span::Kind::note || !noted_.insert(span.link).second) continue;
      const Note* note = find_note(document_, span.link.substr(note_scheme.size()));
      if (note) for (const Block& inside : note->blocks) visit(inside);
    }
  }

  void add_caption(const std::vector<Span>& spans) {
    if (!spans.empty()) add_spans(Passage::Kind::text, spans);
  }

  void add_heading(const Block& block) {
    const bool title = block.level == 1;
    if (block.level <= 3) {
      base_.anchor = title ? "" : block.anchor;
      base_.section = page_text(block.spans);
      ++base_.part;
    }
    add_spans(title ? Passage::Kind::title : Passage::Kind::heading, block.spans);
  }

  void add_row(const Block& row) {
    std::string text;
    std::vector<Bytes> formulas;
    for (const Block& cell : row.children)
      text = page_text(cell.spans, &formulas, &cell == &row.children.front() ? text : text + "\t");
    add(Passage::Kind::text, std::move(text)).formulas = std::move(formulas);
  }

  void add_directive(const Directive& directive) {
    if (directive.kind == "claim") return;               // draws nothing
    if (directive.kind == "code") {
      const auto lines = listing_ ? listing_(directive) : std::nullopt;
      if (lines) add(Passage::Kind::code, page_code(*lines) + "\n" + directive.id, directive.id);
      if (const auto caption = directive.value("caption"); lines && !caption.empty())
        add(Passage::Kind::text, caption);
      return;
    }
    const bool lab = directive.kind == "lab" || directive.kind == "exercise";
    add(lab ? Passage::Kind::lab : Passage::Kind::question, directive_text(directive), directive.id);
  }

  const Document& document_;
  const Listing& listing_;
  std::set<std::string> noted_;                          // links of the footnotes that were met
  Passage base_;                                         // what the passages of this place have in common
};

}  // namespace

std::vector<Passage> passages_of(const Document& document, std::size_t chapter, const Listing& listing) {
  return Gathering(document, chapter, listing).passages;
}

std::vector<Passage> passages_of(const Glossary& glossary) {
  std::vector<Passage> passages;
  for (std::size_t i = 0; i < glossary.terms.size(); ++i) {
    const Term& term = glossary.terms[i];
    for (const auto& [language, name] : term.name) {
      Passage passage;
      passage.kind = Passage::Kind::term;
      passage.language = language;
      passage.block = i;
      passage.id = term.id;
      passage.section = name;
      passage.text = name;
      // Under the other language's name, too: who met a «температура» elsewhere as “temperature” finds it.
      for (const auto& [other, foreign] : term.name)
        if (other != language && foreign != name) passage.text += " (" + foreign + ")";
      passage.text += ": " + term.definition.at(language);
      passage.part = static_cast<std::uint32_t>(passages.size());
      passages.push_back(std::move(passage));
    }
  }
  return passages;
}

}  // namespace tb::book
