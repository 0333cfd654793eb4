#include "book/excerpt.h"

#include "book/footnotes.h"

namespace tb::book {

std::optional<Excerpt> excerpt(const Document& chapter, std::string_view target) {
  Excerpt out;
  out.document.path = chapter.path;              // images stand beside the chapter
  out.document.language = chapter.language;
  out.document.chapter = chapter.chapter;
  if (target.starts_with(note_scheme)) {
    const Note* note = find_note(chapter, target.substr(note_scheme.size()));
    if (!note) return std::nullopt;
    out.document.blocks = note->blocks;
    return out;
  }
  const Block* block = target.starts_with('#') ? find_anchor(chapter.blocks, target.substr(1)) : nullptr;
  if (!block) return std::nullopt;
  switch (block->kind) {
    case Block::Kind::item:
      out.kind = Excerpt::Kind::source;
      out.document.blocks = block->children;
      return out;
    case Block::Kind::math: case Block::Kind::figure: case Block::Kind::table:
      out.kind = Excerpt::Kind::block;
      out.document.blocks = {*block};
      return out;
    default: return std::nullopt;
  }
}

}  // namespace tb::book
