// The faces of the book: real italics and bold, and a glyph for every character of the text in the face that sets it.
#include <map>
#include <set>

#include <ft2build.h>
#include FT_FREETYPE_H

#include "base/text.h"
#include "book/catalogue.h"
#include "book/glossary.h"
#include "tests/catch.h"
#include "tests/viewer/page_rig.h"

using namespace tb;
using tb::test::PageRig;

namespace {

// FT_STYLE_FLAG_* of the file that a face was loaded from.
long style_of(const ImFont* font) {
  FT_Library library = nullptr;
  REQUIRE(FT_Init_FreeType(&library) == 0);
  FT_Face face = nullptr;
  const auto* source = font->Sources[0];
  REQUIRE(FT_New_Memory_Face(library, static_cast<const FT_Byte*>(source->FontData), source->FontDataSize, 0, &face) == 0);
  const long flags = face->style_flags & (FT_STYLE_FLAG_ITALIC | FT_STYLE_FLAG_BOLD);
  FT_Done_Face(face);
  FT_Done_FreeType(library);
  return flags;
}

using Characters = std::map<ImFont*, std::set<char32_t>>;

void add(Characters& to, ImFont* face, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at).value_or(0);
    if (c > U' ' && c != 0xAD && c != 0x200B && c != 0x200D && c != 0xFE0F) to[face].insert(c);
  }
}

}  // namespace

TEST_CASE("bold and italic are faces of their own, not slanted or smeared ones") {
  PageRig rig;
  const viewer::Fonts& fonts = rig.theme.fonts;
  CHECK(style_of(fonts.text) == 0);
  CHECK(style_of(fonts.text_italic) == FT_STYLE_FLAG_ITALIC);
  CHECK(style_of(fonts.text_bold) == FT_STYLE_FLAG_BOLD);
  CHECK(style_of(fonts.text_bold_italic) == (FT_STYLE_FLAG_ITALIC | FT_STYLE_FLAG_BOLD));
  CHECK(style_of(fonts.ui_bold) == FT_STYLE_FLAG_BOLD);
}

TEST_CASE("every character of the chapters and the glossary has a glyph in the face that sets it") {
  PageRig rig;
  const viewer::Fonts& fonts = rig.theme.fonts;
  Characters wanted;
  ImFont* const faces[2][2] = {{fonts.text, fonts.text_italic}, {fonts.text_bold, fonts.text_bold_italic}};
  const auto visit = [&](const book::Block& block) {
    const bool heading = block.kind == book::Block::Kind::heading;
    for (const auto& span : block.spans)
      if (span.kind == book::Span::Kind::text)
        add(wanted, span.code ? fonts.mono : heading ? fonts.ui_bold : faces[span.bold][span.italic], span.text);
    if (block.kind == book::Block::Kind::code) add(wanted, fonts.mono, block.text);
    for (const auto& entry : block.directive.entries) add(wanted, fonts.ui, entry.value);
  };
  const auto chapters = book::read_catalogue("chapters");
  REQUIRE(chapters);
  for (const auto& chapter : *chapters)
    for (const char* language : {"en", "ru"}) {
      const auto document = book::read_document(chapter.file(language), language);
      REQUIRE(document);
      book::for_each_block(document->blocks, visit);
      for (const auto& note : document->notes) book::for_each_block(note.blocks, visit);
    }
  const auto glossary = book::read_glossary("chapters/glossary.toml");
  REQUIRE(glossary);
  for (const auto& term : glossary->terms)
    for (const auto& [language, definition] : term.definition) add(wanted, fonts.ui, definition);
  CHECK(wanted.size() >= 6);
  for (const auto& [face, characters] : wanted) {
    std::string missing;
    for (const char32_t c : characters)
      if (!face->IsGlyphInFont(static_cast<ImWchar>(c))) append_utf8(missing, c);
    INFO(face->GetDebugName() << " lacks " << missing);
    CHECK(missing.empty());
  }
}
