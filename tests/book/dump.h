// A document as short text, so that a test's expectation is readable: one line a block, children indented.
//   2 heading1 #title [Title]
// Spans are [text]; **bold**, *italic*, `code`, $math$, !image(path), <target>(link) mark their styles, / a hard break.
#pragma once

#include <string>

#include "book/document.h"

namespace tb::book::test {

inline std::string wrapped(std::string_view before, std::string_view text, std::string_view after) {
  return std::string(before).append(text).append(after);
}

inline std::string dump(const std::vector<Span>& spans) {
  std::string out = "[";
  for (const auto& span : spans) {
    std::string text = span.text;
    if (span.kind == Span::Kind::math) text = wrapped("$", text, "$");
    if (span.kind == Span::Kind::image) text = wrapped("!", text, wrapped("(", span.image, ")"));
    if (span.kind == Span::Kind::line_break) text = wrapped("/", "", "");
    if (span.kind == Span::Kind::note) text = wrapped("^", text, "");
    if (span.code) text = wrapped("`", text, "`");
    if (span.italic) text = wrapped("*", text, "*");
    if (span.bold) text = wrapped("**", text, "**");
    if (!span.link.empty()) text = wrapped("<", span.link, wrapped(">(", text, ")"));
    out += text;
  }
  return out + "]";
}

inline std::string dump(const std::vector<Block>& blocks, int indent = 0) {
  std::string out;
  for (const auto& block : blocks) {
    out.append(static_cast<std::size_t>(indent), ' ').append(std::to_string(block.line)).append(" ");
    switch (block.kind) {
      case Block::Kind::heading:
        out.append("heading").append(std::to_string(block.level)).append(" #").append(block.anchor);
        break;
      case Block::Kind::paragraph: out += "p"; break;
      case Block::Kind::list:
        out.append(block.ordered ? "ol" : "ul").append(block.ordered ? std::to_string(block.start) : "");
        if (!block.tight) out += " loose";
        break;
      case Block::Kind::item: out += "li"; break;
      case Block::Kind::quote: out += "quote"; break;
      case Block::Kind::table: out += "table"; break;
      case Block::Kind::row: out += block.header ? "header" : "row"; break;
      case Block::Kind::cell: out += std::string("cell") + "-lcr"[static_cast<int>(block.align)]; break;
      case Block::Kind::code: out.append("code ").append(block.language).append(wrapped("{", block.text, "}")); break;
      case Block::Kind::math: out += wrapped("math {", block.text, "}"); break;
      case Block::Kind::figure: out.append("figure ").append(block.image).append(wrapped(" {", block.text, "}")); break;
      case Block::Kind::rule: out += "rule"; break;
      case Block::Kind::directive: out += block.directive.kind + " " + block.directive.id; break;
      case Block::Kind::raw_error: out += "error"; break;
    }
    if (block.kind != Block::Kind::heading && !block.anchor.empty()) out.append(" #").append(block.anchor);
    if (!block.number.empty()) out.append(" ").append(block.number);
    if (!block.spans.empty()) out.append(" ").append(dump(block.spans));
    out.append("\n").append(dump(block.children, indent + 2));
  }
  return out;
}

inline std::string dump(const Document& document) { return dump(document.blocks); }

// "code@where code@where", in the order they were found.
inline std::string dump(const std::vector<Error>& errors) {
  std::string out;
  for (const auto& error : errors) out += (out.empty() ? "" : " ") + error.code + "@" + error.where;
  return out;
}

inline Document parsed(std::string_view markdown) { return parse_document(markdown, "en.md", "en"); }

}  // namespace tb::book::test
