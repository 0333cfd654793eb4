#include "viewer/emoji.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <ft2build.h>
#include FT_FREETYPE_H
#include <imgui.h>
#include <imgui_internal.h>

namespace tb::viewer {

namespace {

// Emoji stand a little below the baseline, as capitals with descenders would.
constexpr float kDescent = 0.18f;   // of the em

FT_Face face_of(const ImFontConfig* source) { return static_cast<FT_Face>(source->FontLoaderData); }

bool open_source(ImFontAtlas*, ImFontConfig* source) {
  static FT_Library library = [] {
    FT_Library made = nullptr;
    FT_Init_FreeType(&made);
    return made;
  }();
  FT_Face face = nullptr;
  if (FT_New_Memory_Face(library, static_cast<const FT_Byte*>(source->FontData), source->FontDataSize, 0, &face) != 0)
    return false;
  FT_Select_Size(face, 0);
  source->FontLoaderData = face;
  return true;
}

void close_source(ImFontAtlas*, ImFontConfig* source) {
  FT_Done_Face(face_of(source));
  source->FontLoaderData = nullptr;
}

int glyph_index(ImFontAtlas*, ImFontConfig* source, ImWchar code_point) {
  // The digits and signs that key-cap emoji are made of stay letters.
  return code_point < 0x2000 ? 0 : static_cast<int>(FT_Get_Char_Index(face_of(source), code_point));
}

bool contains(ImFontAtlas*, ImFontConfig*, int index) { return index > 0; }

// Averages premultiplied BGRA over the rectangle of source pixels that each target pixel covers; gives straight RGBA.
std::vector<std::uint8_t> shrink(const FT_Bitmap& from, int width, int height) {
  std::vector<std::uint8_t> to(static_cast<std::size_t>(width) * height * 4);
  for (int y = 0; y < height; ++y) {
    const unsigned y0 = y * from.rows / height, y1 = std::max(y0 + 1, (y + 1) * from.rows / height);
    for (int x = 0; x < width; ++x) {
      const unsigned x0 = x * from.width / width, x1 = std::max(x0 + 1, (x + 1) * from.width / width);
      unsigned sum[4] = {0, 0, 0, 0};
      for (unsigned v = y0; v < y1; ++v)
        for (unsigned u = x0; u < x1; ++u)
          for (int c = 0; c < 4; ++c) sum[c] += from.buffer[v * from.pitch + u * 4 + c];
      const unsigned count = (y1 - y0) * (x1 - x0);
      std::uint8_t* pixel = &to[(static_cast<std::size_t>(y) * width + x) * 4];
      for (int c = 0; c < 3; ++c)
        pixel[c] = sum[3] ? static_cast<std::uint8_t>(std::min(255u, sum[2 - c] * 255 / sum[3])) : 0;
      pixel[3] = static_cast<std::uint8_t>(sum[3] / count);
    }
  }
  return to;
}

bool load_glyph(ImFontAtlas* atlas, ImFontConfig* source, ImFontBaked* baked, void*, int index, ImFontGlyph* glyph,
                float* advance) {
  FT_Face face = face_of(source);
  const float strike = static_cast<float>(face->available_sizes[0].y_ppem) / 64;
  const float scale = baked->Size * source->ExtraSizeScale / strike;   // logical pixels for one pixel of the picture
  const float density = source->RasterizerDensity * baked->RasterizerDensity;
  if (FT_Load_Glyph(face, static_cast<FT_UInt>(index), FT_LOAD_DEFAULT | FT_LOAD_COLOR) != 0) return false;
  const FT_GlyphSlot slot = face->glyph;
  // Whole pixels, as the letters have: what follows would be blurred otherwise.
  const float advance_x = std::round(static_cast<float>(slot->advance.x) / 64 * scale * density) / density;
  if (advance) {
    *advance = advance_x;
    return true;
  }
  glyph->AdvanceX = advance_x;
  if (slot->bitmap.pixel_mode != FT_PIXEL_MODE_BGRA || slot->bitmap.rows == 0) return true;   // nothing to see

  const int width = std::max(1, static_cast<int>(std::lround(slot->bitmap.width * scale * density)));
  const int height = std::max(1, static_cast<int>(std::lround(slot->bitmap.rows * scale * density)));
  const ImFontAtlasRectId place = ImFontAtlasPackAddRect(atlas, width, height);
  if (place == ImFontAtlasRectId_Invalid) return false;
  ImTextureRect* rect = ImFontAtlasPackGetRect(atlas, place);
  glyph->X0 = static_cast<float>(slot->bitmap_left) * scale;
  glyph->X1 = glyph->X0 + static_cast<float>(width) / density;
  glyph->Y1 = baked->Ascent + kDescent * baked->Size;
  glyph->Y0 = glyph->Y1 - static_cast<float>(height) / density;
  glyph->Visible = true;
  glyph->Colored = true;
  glyph->PackId = place;
  const auto pixels = shrink(slot->bitmap, width, height);
  ImFontAtlasBakedSetFontGlyphBitmap(atlas, baked, source, glyph, rect, pixels.data(), ImTextureFormat_RGBA32,
                                     width * 4);
  return true;
}

}  // namespace

const ImFontLoader* emoji_loader() {
  static const ImFontLoader loader = [] {
    ImFontLoader made;
    made.Name = "emoji";
    made.FontSrcInit = open_source;
    made.FontSrcDestroy = close_source;
    made.FontSrcGetGlyphIndexFromCodepoint = glyph_index;
    made.FontSrcContainsGlyph = contains;
    made.FontBakedLoadGlyph = load_glyph;
    return made;
  }();
  return &loader;
}

}  // namespace tb::viewer
