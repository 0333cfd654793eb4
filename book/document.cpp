#include "book/document.h"

#include "base/files.h"

namespace tb::book {

Result<Document> read_document(const std::filesystem::path& path, std::string_view language) {
  return read_file(path).map([&](const std::string& text) { return parse_document(text, path, language); });
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
  for (const auto& span : spans) out += span.kind == Span::Kind::line_break ? " " : span.text;
  return out;
}

void for_each_block(const std::vector<Block>& blocks, const std::function<void(const Block&)>& visit) {
  for (const auto& block : blocks) {
    visit(block);
    for_each_block(block.children, visit);
  }
}

}  // namespace tb::book
