// What MicroTeX draws on: outlines filled by FreeType into RGBA pixels, at exact sizes and positions. Letters that the
// mathematical font lacks (Cyrillic in \text) come from the book's own text faces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include "graphic/graphic.h"

namespace tb::viewer::page {

FT_Library freetype();

// The faces of running text, for words inside formulas. They must outlive every drawing; null ones draw nothing.
struct TextFaces {
  FT_Face regular = nullptr, bold = nullptr, italic = nullptr;
  float scale = 1;                // of the formula's size
};

// Makes MicroTeX ready for use with the mathematical font in `folder`; the first call counts. Throws what it throws.
void start_microtex(const std::string& folder);
void use_text_faces(const TextFaces& faces);      // from now on

// Straight-alpha RGBA, row by row.
struct PixelBuffer {
  PixelBuffer(int w, int h) : width(w), height(h), rgba(static_cast<std::size_t>(w) * h * 4) {}
  void blend(int x, int y, int length, std::uint32_t argb, int coverage);   // 0..255
  int width, height;
  std::vector<std::uint8_t> rgba;
};

class FormulaCanvas final : public microtex::Graphics2D {
 public:
  explicit FormulaCanvas(PixelBuffer& pixels) : pixels_(pixels) {}
  // Rectangles of these colours are not drawn, but noted: the parts of a formula that were asked about.
  static constexpr microtex::color first_mark = 0x01000000, last_mark = 0x01ffffff;
  struct Mark { std::size_t index; float x, y, width, height; };   // index: from first_mark on; pixels
  std::vector<Mark> marks;
  // A glyph of any face with its baseline at y, in the current units.
  void draw_glyph(FT_Face face, FT_UInt glyph, float size, float x, float y);

  void setColor(microtex::color c) override { color_ = c; }
  microtex::color getColor() const override { return color_; }
  void setStroke(const microtex::Stroke& s) override { stroke_ = s; }
  const microtex::Stroke& getStroke() const override { return stroke_; }
  void setStrokeWidth(float w) override { stroke_.lineWidth = w; }
  void setDash(const std::vector<float>& dash) override { dash_ = dash; }
  std::vector<float> getDash() override { return dash_; }
  microtex::sptr<microtex::Font> getFont() const override { return font_; }
  void setFont(const microtex::sptr<microtex::Font>& font) override { font_ = font; }
  float getFontSize() const override { return font_size_; }
  void setFontSize(float size) override { font_size_ = size; }
  void translate(float dx, float dy) override;
  void scale(float sx, float sy) override;
  void rotate(float angle) override;
  void rotate(float angle, float px, float py) override;
  void reset() override { matrix_ = {}; }
  float sx() const override;
  float sy() const override;
  void drawGlyph(microtex::u16 glyph, float x, float y) override;
  // MicroTeX is built to draw its letters as glyphs of a font, so it draws no paths.
  bool beginPath(microtex::i32) override { return true; }
  void moveTo(float, float) override {}
  void lineTo(float, float) override {}
  void cubicTo(float, float, float, float, float, float) override {}
  void quadTo(float, float, float, float) override {}
  void closePath() override {}
  void fillPath(microtex::i32) override {}
  void drawLine(float x1, float y1, float x2, float y2) override;
  void drawRect(float x, float y, float w, float h) override;
  void fillRect(float x, float y, float w, float h) override;
  void drawRoundRect(float x, float y, float w, float h, float, float) override { drawRect(x, y, w, h); }
  void fillRoundRect(float x, float y, float w, float h, float, float) override { fillRect(x, y, w, h); }

 private:
  struct Point { float x, y; };
  Point place(float x, float y) const;            // in pixels
  void fill(FT_Outline& outline);                 // in 26.6 pixels, y upwards from the buffer's bottom
  void fill_polygon(const Point (&corners)[4]);

  PixelBuffer& pixels_;
  struct { float xx = 1, xy = 0, yx = 0, yy = 1, dx = 0, dy = 0; } matrix_;
  microtex::color color_ = microtex::black;
  microtex::Stroke stroke_;
  std::vector<float> dash_;
  microtex::sptr<microtex::Font> font_;
  float font_size_ = 20;
};

}  // namespace tb::viewer::page
