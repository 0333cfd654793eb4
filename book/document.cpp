#include "book/document.h"

#include <algorithm>

#include "base/files.h"

namespace tb::book {

Result<Document> read_document(const std::filesystem::path& path, std::string_view language,
                               std::string_view chapter) {
  return read_file(path).map([&](const std::string& text) { return parse_document(text, path, language, chapter); });
}

std::vector<Section> sections(const Document& document) {
  std::vector<Section> out;
  for (std::size_t i = 0; i < document.blocks.size(); ++i) {
    const auto& block = document.blocks[i];
    if (block.kind != Block::Kind::heading || (block.level != 2 && block.level != 3)) continue;
    out.push_back({block.anchor, plain_text(block.spans), block.level, i});
  }
  return out;
}

std::string plain_text(const std::vector<Span>& spans) {
  std::string out;
  for (const auto& span : spans)
    if (span.kind != Span::Kind::note) out += span.kind == Span::Kind::line_break ? " " : span.text;
  return out;
}

const Note* find_note(const Document& document, std::string_view name) {
  const auto note = std::find_if(document.notes.begin(), document.notes.end(),
                                 [&](const Note& each) { return each.name == name; });
  return note == document.notes.end() ? nullptr : &*note;
}

const Block* find_anchor(const std::vector<Block>& blocks, std::string_view anchor) {
  if (anchor.empty()) return nullptr;
  for (const auto& block : blocks) {
    if (block.anchor == anchor) return &block;
    if (const auto* inside = find_anchor(block.children, anchor)) return inside;
  }
  return nullptr;
}

void for_each_block(const std::vector<Block>& blocks, const std::function<void(const Block&)>& visit) {
  for (const auto& block : blocks) {
    visit(block);
    for_each_block(block.children, visit);
  }
}

}  // namespace tb::book
