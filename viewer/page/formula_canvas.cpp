#include "viewer/page/formula_canvas.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <stdexcept>

#include "base/text.h"
#include "microtex.h"

namespace tb::viewer::page {

namespace {

// Latin Modern is lighter than PT Serif on a screen; its strokes are widened by this part of the size.
constexpr float bolder = 0.012f;

TextFaces text_faces;

struct CanvasFont final : microtex::Font {
  explicit CanvasFont(const std::string& file) {
    if (FT_New_Face(freetype(), file.c_str(), 0, &face) != 0) throw std::runtime_error(file);
  }
  bool operator==(const microtex::Font& other) const override { return this == &other; }
  FT_Face face = nullptr;
};

// Words that the mathematical font cannot set.
class CanvasWords final : public microtex::TextLayout {
 public:
  CanvasWords(std::string_view text, microtex::FontStyle style, float size) : size_(size * text_faces.scale) {
    const auto has = [&](microtex::FontStyle part) { return (static_cast<int>(style) & static_cast<int>(part)) != 0; };
    face_ = has(microtex::FontStyle::bf)   ? text_faces.bold
            : has(microtex::FontStyle::it) ? text_faces.italic
                                           : text_faces.regular;
    if (!face_) return;
    const float unit = size_ / static_cast<float>(face_->units_per_EM);
    for (std::size_t at = 0; at < text.size();) {
      const FT_UInt glyph = FT_Get_Char_Index(face_, next_code_point(text, at).value_or(U'?'));
      if (FT_Load_Glyph(face_, glyph, FT_LOAD_NO_SCALE) != 0) continue;
      const FT_Glyph_Metrics& metrics = face_->glyph->metrics;
      glyphs_.push_back({glyph, width_});
      width_ += static_cast<float>(metrics.horiAdvance) * unit;
      ascent_ = std::max(ascent_, static_cast<float>(metrics.horiBearingY) * unit);
      descent_ = std::max(descent_, static_cast<float>(metrics.height - metrics.horiBearingY) * unit);
    }
  }
  void getBounds(microtex::Rect& bounds) override { bounds = {0, -ascent_, width_, ascent_ + descent_}; }
  void draw(microtex::Graphics2D& canvas, float x, float y) override {
    for (const Glyph& glyph : glyphs_)
      static_cast<FormulaCanvas&>(canvas).draw_glyph(face_, glyph.index, size_, x + glyph.x, y);
  }

 private:
  struct Glyph { FT_UInt index; float x; };
  std::vector<Glyph> glyphs_;
  FT_Face face_ = nullptr;
  float size_, width_ = 0, ascent_ = 0, descent_ = 0;
};

class CanvasFactory final : public microtex::PlatformFactory {
 public:
  // Asked for anew before each glyph.
  microtex::sptr<microtex::Font> createFont(const std::string& file) override {
    auto& font = fonts_[file];
    if (!font) font = std::make_shared<CanvasFont>(file);
    return font;
  }
  microtex::sptr<microtex::TextLayout> createTextLayout(const std::string& text, microtex::FontStyle style,
                                                        float size) override {
    return std::make_shared<CanvasWords>(text, style, size);
  }

 private:
  std::map<std::string, microtex::sptr<CanvasFont>> fonts_;
};

}  // namespace

FT_Library freetype() {
  static FT_Library library = [] {
    FT_Library made = nullptr;
    FT_Init_FreeType(&made);
    return made;
  }();
  return library;
}

void start_microtex(const std::string& folder) {
  if (microtex::MicroTeX::isInited()) return;
  microtex::PlatformFactory::registerFactory("textbook", std::make_unique<CanvasFactory>());
  microtex::PlatformFactory::activate("textbook");
  const microtex::FontSrcFile font(folder + "/latinmodern-math.clm1", folder + "/latinmodern-math.otf");
  microtex::MicroTeX::init(font);
}

void use_text_faces(const TextFaces& faces) { text_faces = faces; }

void PixelBuffer::blend(int x, int y, int length, std::uint32_t argb, int coverage) {
  if (y < 0 || y >= height) return;
  const float over = static_cast<float>((argb >> 24) * static_cast<std::uint32_t>(coverage)) / (255.f * 255.f);
  const float rgb[3] = {static_cast<float>(argb >> 16 & 255), static_cast<float>(argb >> 8 & 255),
                        static_cast<float>(argb & 255)};
  for (int i = std::max(x, 0); i < std::min(x + length, width); ++i) {
    std::uint8_t* pixel = &rgba[(static_cast<std::size_t>(y) * width + i) * 4];
    const float under = static_cast<float>(pixel[3]) / 255 * (1 - over), sum = over + under;
    if (sum <= 0) continue;
    for (int c = 0; c < 3; ++c)
      pixel[c] = static_cast<std::uint8_t>(std::lround((rgb[c] * over + static_cast<float>(pixel[c]) * under) / sum));
    pixel[3] = static_cast<std::uint8_t>(std::lround(255 * sum));
  }
}

FormulaCanvas::Point FormulaCanvas::place(float x, float y) const {
  return {matrix_.xx * x + matrix_.xy * y + matrix_.dx, matrix_.yx * x + matrix_.yy * y + matrix_.dy};
}

void FormulaCanvas::translate(float dx, float dy) {
  const Point origin = place(dx, dy);
  matrix_.dx = origin.x;
  matrix_.dy = origin.y;
}

void FormulaCanvas::scale(float sx, float sy) {
  matrix_.xx *= sx, matrix_.yx *= sx;
  matrix_.xy *= sy, matrix_.yy *= sy;
}

void FormulaCanvas::rotate(float angle) {
  const float c = std::cos(angle), s = std::sin(angle);
  const auto m = matrix_;
  matrix_.xx = m.xx * c + m.xy * s;
  matrix_.yx = m.yx * c + m.yy * s;
  matrix_.xy = m.xy * c - m.xx * s;
  matrix_.yy = m.yy * c - m.yx * s;
}

void FormulaCanvas::rotate(float angle, float px, float py) {
  translate(px, py);
  rotate(angle);
  translate(-px, -py);
}

float FormulaCanvas::sx() const { return std::hypot(matrix_.xx, matrix_.yx); }
float FormulaCanvas::sy() const { return std::hypot(matrix_.xy, matrix_.yy); }

void FormulaCanvas::fill(FT_Outline& outline) {
  FT_Raster_Params params{};
  params.flags = FT_RASTER_FLAG_AA | FT_RASTER_FLAG_DIRECT | FT_RASTER_FLAG_CLIP;
  params.clip_box = {0, 0, pixels_.width, pixels_.height};
  params.user = this;
  params.gray_spans = [](int y, int count, const FT_Span* spans, void* user) {
    auto& canvas = *static_cast<FormulaCanvas*>(user);
    for (int i = 0; i < count; ++i)
      canvas.pixels_.blend(spans[i].x, canvas.pixels_.height - 1 - y, spans[i].len, canvas.color_, spans[i].coverage);
  };
  FT_Outline_Render(freetype(), &outline, &params);
}

void FormulaCanvas::draw_glyph(FT_Face face, FT_UInt glyph, float size, float x, float y) {
  const float pixels = size * sy();
  FT_Set_Char_Size(face, 0, static_cast<FT_F26Dot6>(std::lround(64 * pixels)), 72, 72);
  if (FT_Load_Glyph(face, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) return;
  FT_Outline& outline = face->glyph->outline;
  const auto strength = static_cast<FT_Pos>(std::lround(64 * bolder * pixels));
  FT_Outline_Embolden(&outline, strength);
  FT_Outline_Translate(&outline, -strength / 2, -strength / 2);      // widened on both sides alike
  // The size is in the glyph already; what is left of the matrix is its rotation or reflection.
  const float sx_ = 65536 / sx(), sy_ = 65536 / sy();
  const FT_Matrix turn{std::lround(matrix_.xx * sx_), std::lround(-matrix_.xy * sy_), std::lround(-matrix_.yx * sx_),
                       std::lround(matrix_.yy * sy_)};
  FT_Outline_Transform(&outline, &turn);
  const Point at = place(x, y);
  FT_Outline_Translate(&outline, std::lround(64 * at.x), std::lround(64 * (static_cast<float>(pixels_.height) - at.y)));
  fill(outline);
}

void FormulaCanvas::drawGlyph(microtex::u16 glyph, float x, float y) {
  if (font_) draw_glyph(static_cast<CanvasFont&>(*font_).face, glyph, font_size_, x, y);
}

void FormulaCanvas::fill_polygon(const Point (&corners)[4]) {
  FT_Vector points[4];
  for (int i = 0; i < 4; ++i)
    points[i] = {std::lround(64 * corners[i].x), std::lround(64 * (static_cast<float>(pixels_.height) - corners[i].y))};
  unsigned char tags[4] = {1, 1, 1, 1};
  std::remove_pointer_t<decltype(FT_Outline::contours)> ends[1] = {3};
  FT_Outline outline{};
  outline.n_contours = 1;
  outline.n_points = 4;
  outline.points = points;
  outline.tags = reinterpret_cast<decltype(outline.tags)>(tags);
  outline.contours = ends;
  fill(outline);
}

// Fraction bars and the like stand on whole pixels, so that they are sharp.
void FormulaCanvas::drawLine(float x1, float y1, float x2, float y2) {
  const Point a = place(x1, y1), b = place(x2, y2);
  const float length = std::hypot(b.x - a.x, b.y - a.y);
  if (length == 0) return;
  float thick = stroke_.lineWidth * sy();
  if (a.y == b.y) {
    thick = std::max(1.f, std::round(thick));
    const float top = std::round(a.y - thick / 2);
    return fill_polygon({{a.x, top}, {b.x, top}, {b.x, top + thick}, {a.x, top + thick}});
  }
  const float nx = (a.y - b.y) / length * thick / 2, ny = (b.x - a.x) / length * thick / 2;
  fill_polygon({{a.x + nx, a.y + ny}, {b.x + nx, b.y + ny}, {b.x - nx, b.y - ny}, {a.x - nx, a.y - ny}});
}

void FormulaCanvas::drawRect(float x, float y, float w, float h) {
  drawLine(x, y, x + w, y);
  drawLine(x + w, y, x + w, y + h);
  drawLine(x + w, y + h, x, y + h);
  drawLine(x, y + h, x, y);
}

void FormulaCanvas::fillRect(float x, float y, float w, float h) {
  if (color_ >= first_mark && color_ <= last_mark) {
    const Point corner = place(x, y);
    marks.push_back({color_ - first_mark, corner.x, corner.y, w * sx(), h * sy()});
    return;
  }
  fill_polygon({place(x, y), place(x + w, y), place(x + w, y + h), place(x, y + h)});
}

}  // namespace tb::viewer::page
