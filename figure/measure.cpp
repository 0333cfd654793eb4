// Text widths from the font files themselves, without a window. Kerning is left out: it changes a word by less than a
// pixel, and the reader's own fonts do not kern either.
#include <map>
#include <memory>
#include <toml++/toml.h>

#include <ft2build.h>
#include FT_FREETYPE_H

#include "base/files.h"
#include "base/text.h"
#include "figure/figure.h"

namespace tb::figure {
namespace {

class Fonts {
 public:
  Fonts() {
    FT_Init_FreeType(&library_);
    const std::filesystem::path list = textbook_root() / "assets/fonts.toml";
    const auto bytes = read_file(list);
    if (!bytes) return;
    try {
      const toml::table table = toml::parse(*bytes);
      faces_[0] = open(table["faces"]["ui"]["file"].value_or(std::string()));
      faces_[1] = open(table["faces"]["ui_bold"]["file"].value_or(std::string()));
      faces_[2] = open(table["faces"]["mono"]["file"].value_or(std::string()));
      if (const toml::array* fallbacks = table["fallback"].as_array())
        for (const toml::node& node : *fallbacks)
          if (const toml::table* entry = node.as_table())
            fallbacks_.push_back(open((*entry)["file"].value_or(std::string())));
    } catch (const toml::parse_error&) {
      // Measured as unknown; the content test reads the same list and says what is wrong with it.
    }
  }
  Fonts(const Fonts&) = delete;
  ~Fonts() { FT_Done_FreeType(library_); }   // its faces go with it

  float width(std::string_view text, Face face, float size) {
    float ems = 0;
    for (std::size_t at = 0; at < text.size();) {
      const auto code = next_code_point(text, at);
      ems += code ? advance(*code, face) : 0.5f;
    }
    return ems * size;
  }

 private:
  FT_Face open(const std::string& file) {
    FT_Face face = nullptr;
    if (file.empty() || FT_New_Face(library_, file.c_str(), 0, &face) != 0) return nullptr;
    if (!FT_IS_SCALABLE(face) && face->num_fixed_sizes > 0) FT_Select_Size(face, 0);   // colour emoji are bitmaps
    return face;
  }

  // In em. The face itself is asked first, then the fallbacks in order.
  float advance(char32_t code, Face face) {
    const auto key = std::make_pair(face, code);
    if (const auto known = advances_.find(key); known != advances_.end()) return known->second;
    float ems = advance_in(faces_[static_cast<std::size_t>(face)], code);
    for (std::size_t i = 0; ems < 0 && i < fallbacks_.size(); ++i) ems = advance_in(fallbacks_[i], code);
    return advances_[key] = ems < 0 ? 0.5f : ems;
  }

  static float advance_in(FT_Face face, char32_t code) {
    if (!face) return -1;
    const FT_UInt glyph = FT_Get_Char_Index(face, code);
    if (glyph == 0) return -1;
    if (FT_IS_SCALABLE(face)) {
      if (FT_Load_Glyph(face, glyph, FT_LOAD_NO_SCALE) != 0) return -1;
      return static_cast<float>(face->glyph->metrics.horiAdvance) / static_cast<float>(face->units_per_EM);
    }
    if (FT_Load_Glyph(face, glyph, FT_LOAD_DEFAULT) != 0) return -1;
    return static_cast<float>(face->glyph->advance.x) / 64 / static_cast<float>(face->size->metrics.y_ppem);
  }

  FT_Library library_ = nullptr;
  FT_Face faces_[3] = {};
  std::vector<FT_Face> fallbacks_;
  std::map<std::pair<Face, char32_t>, float> advances_;
};

}  // namespace

Measure freetype_measure() {
  const auto fonts = std::make_shared<Fonts>();
  return [fonts](std::string_view text, Face face, float size) { return fonts->width(text, face, size); };
}

}  // namespace tb::figure
