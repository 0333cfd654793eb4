#include "book/export/page.h"

#include <algorithm>

#include "base/files.h"
#include "book/code_region.h"
#include "book/directive.h"
#include "book/export/html.h"
#include "book/export/mathml.h"
#include "book/formula_text.h"
#include "book/highlight.h"

namespace tb::book {

namespace {

constexpr std::string_view claim_scheme = "claim:";

std::string number(int value) { return std::to_string(value); }

const char* alignment(Block::Align align) {
  switch (align) {
    case Block::Align::left: return " class=\"left\"";
    case Block::Align::center: return " class=\"center\"";
    case Block::Align::right: return " class=\"right\"";
    case Block::Align::none: break;
  }
  return "";
}

// The href of a link; "" where it leads nowhere.
std::string target(const Site& site, const std::string& link) {
  if (link.starts_with('#')) return escape_url(link);
  if (link.starts_with(claim_scheme)) return "#claim." + escape_url(link.substr(claim_scheme.size()));
  if (link.starts_with(term_scheme)) {
    const std::string id = link.substr(term_scheme.size());
    return site.glossary.find(id) ? "glossary.html#term." + escape_url(id) : "";
  }
  if (link.find("://") != std::string::npos || link.starts_with("mailto:")) return escape_url(link);
  const std::size_t hash = std::min(link.find('#'), link.size());
  const Result<std::size_t> found = find_chapter(site.chapters, link.substr(0, hash));
  return found ? escape_url(site.chapters[*found].slug + ".html" + link.substr(hash)) : "";
}

}  // namespace

ChapterPage::ChapterPage(Site& site, const Chapter& chapter, const Document& document, const Strings& strings)
    : site_(site), chapter_(chapter), document_(document), strings_(strings), language_(strings.language()) {
  for_each_block(document.blocks, [&](const Block& block) {
    if (block.kind == Block::Kind::directive && block.directive.kind == "predict")
      predicted_.insert(block.directive.value("lab"));
    if (!block.anchor.empty()) anchors_.insert("#" + block.anchor);
  });
  for (const Claim& claim : claims(document)) anchors_.insert(std::string(claim_scheme) + claim.id);
  for (const Citation& citation : citations(document)) cited_.emplace(citation.claim, citation.text);
}

std::string ChapterPage::write() {
  for (const Error& error : document_.errors) site_.add_error(error);
  std::string text;
  const auto is_heading = [](const Block& each) { return each.kind == Block::Kind::heading; };
  if (const auto title = chapter_.title.find(language_);
      std::ranges::none_of(document_.blocks, is_heading) && title != chapter_.title.end()) {
    text = "<h1>" + escape_html(title->second) + "</h1>\n";
    last_level_ = 1;
  }
  text += blocks(document_.blocks);              // before the table, which leads back to what was cited
  return text + notes() + claim_table();
}

std::string ChapterPage::place(int line) const {
  return document_.path.lexically_relative(site_.options.root).generic_string() + ":" + number(line);
}

std::string ChapterPage::id(const std::string& wanted) {
  return wanted.empty() || !ids_.insert(wanted).second ? "" : " id=\"" + escape_html(wanted) + "\"";
}

std::string ChapterPage::word(std::string_view key) const { return escape_html(strings_.get(key)); }

std::string ChapterPage::blocks(const std::vector<Block>& list) {
  std::string out;
  for (const Block& each : list) out += block(each);
  return out;
}

std::string ChapterPage::block(const Block& b) {
  using enum Block::Kind;
  switch (b.kind) {
    case heading: return this->heading(b);
    case paragraph: return "<p>" + spans(b.spans, place(b.line)) + "</p>\n";
    case list: return this->list(b);
    case item: return "<li" + id(b.anchor) + ">" + spans(b.spans, place(b.line)) + blocks(b.children) + "</li>\n";
    case quote: return "<blockquote>\n" + blocks(b.children) + "</blockquote>\n";
    case table: return this->table(b);
    case row: case cell: return {};              // written by their table
    case code:
      return "<figure class=\"code\"" + id(b.anchor) + ">" + listing(b.text, b.language) + caption(b) + "</figure>\n";
    case math: return formula(b);
    case figure: return this->figure(b);
    case rule: return "<hr/>\n";
    case directive: return this->directive(b);
    case raw_error: {
      std::string out;
      for (const Error& each : b.errors) out += error(each);
      return out;
    }
  }
  return {};
}

std::string ChapterPage::heading(const Block& b) {
  // One heading of level 1 on a page, and none is skipped: a screen reader's reader walks by them.
  const int wanted = demoted_ == 0 && last_level_ > 0 ? std::max(b.level, 2) : b.level + demoted_;
  const int level = std::min({wanted, last_level_ + 1, 6});
  last_level_ = level;
  if (demoted_ == 0) section_ = b.level == 1 ? "" : b.anchor;   // the title's is the chapter itself
  const std::string tag = "h" + number(level);
  return "<" + tag + (demoted_ == 0 ? id(b.anchor) : "") + ">" + spans(b.spans, place(b.line)) + "</" + tag + ">\n";
}

std::string ChapterPage::list(const Block& b) {
  const std::string tag = b.ordered ? "ol" : "ul";
  std::string out = "<" + tag;
  if (b.ordered && b.start != 1) out += " start=\"" + number(b.start) + "\"";
  if (b.tight) out += " class=\"tight\"";
  return out + ">\n" + blocks(b.children) + "</" + tag + ">\n";
}

std::string ChapterPage::table(const Block& b) {
  std::string head, body;
  for (const Block& row : b.children) {
    std::string cells;
    for (const Block& cell : row.children) {
      const std::string words = spans(cell.spans, place(row.line));
      const bool heads = row.header && !words.empty();   // a heading without words would be read out as one
      cells += std::string(heads ? "<th scope=\"col\"" : "<td") + alignment(cell.align) + ">" + words +
               (heads ? "</th>" : "</td>");
    }
    (row.header ? head : body) += "<tr>" + cells + "</tr>\n";
  }
  const std::string label = caption(b);
  const std::string open = label.empty() ? "" : "<figure class=\"table\"" + id(b.anchor) + ">\n";
  const std::string close = label.empty() ? "" : label + "</figure>\n";
  return open + "<div class=\"scroll\"><table>\n" + (head.empty() ? "" : "<thead>\n" + head + "</thead>\n") + "<tbody>\n" +
         body + "</tbody>\n</table></div>\n" + close;
}

std::string ChapterPage::caption(const Block& b) {
  const std::string label = label_of(b, language_);
  if (label.empty()) return {};
  const std::string words = b.spans.empty() ? escape_html(b.directive.value("caption")) : spans(b.spans, place(b.line));
  return "<figcaption><strong>" + escape_html(label) + ".</strong> " + words + "</figcaption>\n";
}

std::string ChapterPage::figure(const Block& b) {
  const std::filesystem::path relative = std::filesystem::path(b.image).lexically_normal();
  const bool inside = relative.is_relative() && !relative.empty() && *relative.begin() != "..";
  const Result<std::string> bytes =
      inside ? read_file(chapter_.folder / relative) : Result<std::string>(fail("file.open", b.image, {b.image}));
  if (!bytes) {
    const Error missing{"export.image", place(b.line), {b.image}};
    site_.add_error(missing);
    return error(missing);
  }
  const std::string name = "images/" + chapter_.slug + "/" + relative.generic_string();
  site_.files[name] = *bytes;
  ++site_.report.figures;
  return "<figure" + id(b.anchor) + ">\n<img src=\"" + escape_html(escape_url("../" + name)) + "\" alt=\"" + escape_html(b.text) +
         "\"/>\n" + caption(b) + "</figure>\n";
}

std::string ChapterPage::formula(const Block& b) {
  const Result<std::string> math = to_mathml(b.text, true);
  if (math) {
    const std::string inside = "<div class=\"scroll\">" + *math + "</div>";
    const std::string label = label_of(b, language_);
    const std::string number = label.empty() ? "" : "<span class=\"number\">" + escape_html(label) + "</span>";
    return "<div class=\"formula\"" + id(b.anchor) + ">" + inside + number + "</div>\n" + symbols(b.text);
  }
  Error wrong = math.error();
  wrong.where = place(b.line);
  site_.add_error(wrong);
  return error(wrong);
}

std::string ChapterPage::error(const Error& e) const {
  const Message message = describe(e, strings_);
  std::string out = "<div class=\"error\">\n<p><strong>" + escape_html(message.what) + "</strong></p>\n";
  if (!message.where.empty()) {
    // No page tells where on a disk it was made.
    std::string where = message.where;
    const std::string root = site_.options.root.generic_string() + "/";
    if (where.starts_with(root)) where.erase(0, root.size());
    out += "<p><code>" + escape_html(where) + "</code></p>\n";
  }
  if (!message.remedy.empty()) out += "<p>" + escape_html(message.remedy) + "</p>\n";
  return out + "</div>\n";
}

// Every line is an element: style numbers them, and neither a copy nor a screen reader gets the numbers.
std::string ChapterPage::listing(std::string_view code, std::string_view language) const {
  static constexpr std::string_view classes[] = {"", "keyword", "string", "number", "comment"};
  if (code.ends_with('\n')) code.remove_suffix(1);
  std::string out = "<pre><code class=\"lines\"><span class=\"line\">";
  for (const CodeToken& token : highlight(code, language)) {
    const std::string_view name = classes[static_cast<std::size_t>(token.ink)];
    std::string_view text = code.substr(token.begin, token.end - token.begin);
    for (;;) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string piece = escape_html(text.substr(0, end));
      if (name.empty() || piece.empty()) out += piece;
      else out.append("<span class=\"").append(name).append("\">").append(piece).append("</span>");
      if (end == text.size()) break;
      out += "\n</span><span class=\"line\">";
      text.remove_prefix(end + 1);
    }
  }
  return out + "</span></code></pre>";
}

std::string ChapterPage::spans(const std::vector<Span>& list, const std::string& where) {
  std::string out;
  for (std::size_t i = 0; i < list.size();) {
    if (list[i].kind == Span::Kind::note) {
      out += note_mark(list[i++]);
      continue;
    }
    // Spans of one link that change their style are one link.
    const std::string& link = list[i].link;
    std::string inside;
    std::size_t end = i;
    for (; end < list.size() && list[end].link == link; ++end) inside += span(list[end], where);
    std::string href = link.empty() ? "" : target(site_, link);
    if (href.starts_with('#') && !anchors_.contains(link)) href.clear();
    if (href.empty() && !link.empty()) site_.add_error({"export.link", where, {link}});
    if (href.empty()) {
      out += inside;
    } else {
      const bool away = href.find("://") != std::string::npos || href.starts_with("mailto:");
      out += "<a href=\"" + escape_html(href) + "\"";
      if (link.starts_with(claim_scheme)) out += id("cited." + link.substr(claim_scheme.size())) + " class=\"claim\"";
      if (link.starts_with(term_scheme)) {
        const Term* term = site_.glossary.find(link.substr(term_scheme.size()));
        const auto definition = term->definition.find(language_);
        out += " class=\"term\"";
        if (definition != term->definition.end()) out += " title=\"" + escape_html(definition->second) + "\"";
      }
      if (away) out += " rel=\"noopener noreferrer\"";
      if (!list[i].title.empty()) out += " title=\"" + escape_html(list[i].title) + "\"";
      out += ">" + inside + "</a>";
    }
    i = end;
  }
  return out;
}

std::string ChapterPage::span(const Span& s, const std::string& where) {
  std::string out;
  switch (s.kind) {
    case Span::Kind::line_break: return "<br/>\n";
    case Span::Kind::text: out = escape_html(s.text); break;
    case Span::Kind::note: return {};              // note_mark
    case Span::Kind::image:
      return "<span class=\"lost\">" + escape_html(s.text) + "</span>";   // only alone in a paragraph
    case Span::Kind::math: {
      const Result<std::string> math = to_mathml(s.text, false);
      if (math) return *math;
      Error wrong = math.error();
      wrong.where = where;
      site_.add_error(wrong);
      return "<code class=\"lost\">$" + escape_html(s.text) + "$</code>";
    }
  }
  if (s.code) out = "<code>" + out + "</code>";
  if (s.italic) out = "<em>" + out + "</em>";
  if (s.bold) out = "<strong>" + out + "</strong>";
  return out;
}

std::vector<const Term*> sorted_terms(const Glossary& glossary, const std::string& language) {
  std::vector<const Term*> terms;
  for (const Term& term : glossary.terms)
    if (term.name.contains(language) && term.definition.contains(language)) terms.push_back(&term);
  std::ranges::sort(terms, {}, [&](const Term* term) { return term->name.at(language); });
  return terms;
}

std::string glossary_page(const Site& site, const Strings& strings) {
  const std::string language(strings.language());
  std::string out = "<h1>" + escape_html(strings.get("export.glossary")) + "</h1>\n<dl class=\"terms\">\n";
  for (const Term* term : sorted_terms(site.glossary, language)) {
    out += "<dt id=\"term." + escape_html(term->id) + "\">" + escape_html(term->name.at(language)) + "</dt>\n<dd>" +
           escape_html(term->definition.at(language));
    if (const std::string href = target(site, term->see); !href.empty())
      out += " <a href=\"" + escape_html(href) + "\" aria-label=\"" +
             escape_html(strings.format("export.see-term", {term->name.at(language)})) + "\">" +
             escape_html(strings.get("export.see")) + "</a>";
    out += "</dd>\n";
  }
  return out + "</dl>\n";
}

namespace {

std::string readable(std::vector<Span> spans) {
  for (Span& span : spans)
    if (span.kind == Span::Kind::math) span.text = formula_text(span.text);
  return plain_text(spans);
}

}  // namespace

std::vector<SearchEntry> search_entries(const Document& document, const std::filesystem::path& root) {
  std::vector<SearchEntry> out;
  const auto add = [&](std::string_view text) {
    if (out.empty()) out.push_back({"", document.title, ""});
    if (text.empty()) return;
    if (!out.back().text.empty()) out.back().text += "\n";
    out.back().text += text;
  };
  for_each_block(document.blocks, [&](const Block& block) {
    if (block.kind == Block::Kind::heading) {
      out.push_back({block.anchor, plain_text(block.spans), ""});
      return;
    }
    add(readable(block.spans));
    if (block.kind == Block::Kind::code || block.kind == Block::Kind::figure) add(block.text);
    if (block.kind == Block::Kind::math) add(formula_text(block.text));
    if (block.kind != Block::Kind::directive || block.directive.kind == "claim") return;
    for (const Directive::Entry& entry : block.directive.entries)
      if (entry.key != "id" && entry.key != "lab") add(entry.value);
    if (block.directive.kind == "code")
      if (const Result<std::string> lines = read_region(root, block.directive.id)) add(*lines);
  });
  for (const Note& note : document.notes) {
    out.push_back({"note." + note.name, document.title, ""});
    for_each_block(note.blocks, [&](const Block& block) {
      add(readable(block.spans));
      add(block.kind == Block::Kind::math ? formula_text(block.text) : block.text);
    });
  }
  return out;
}

}  // namespace tb::book
