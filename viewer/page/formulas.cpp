#include "viewer/page/formulas.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>

#include "book/formula_symbols.h"
#include "core/formula.h"
#include "microtex.h"
#include "viewer/page/formula_canvas.h"

namespace tb::viewer::page {

namespace {

// Latin Modern's small letters are 0.43 of its size, PT Serif's 0.5: words from PT Serif are set smaller beside them.
constexpr float words_scale = 0.89f;

FT_Face open_face(const ImFont* font) {
  if (!font || font->Sources.empty() || !font->Sources[0]->FontData) return nullptr;
  FT_Face face = nullptr;
  FT_New_Memory_Face(freetype(), static_cast<const FT_Byte*>(font->Sources[0]->FontData),
                     font->Sources[0]->FontDataSize, 0, &face);
  return face;
}

// MicroTeX shows an unknown command in red and goes on, and closes what is left open; an author should see what is
// wrong. Throws std::exception.
void check_syntax(const std::string& latex) {
  int depth = 0;
  for (std::size_t i = 0; i < latex.size() && depth >= 0; ++i) {
    if (latex[i] == '\\') ++i;
    else if (latex[i] == '{') ++depth;
    else if (latex[i] == '}') --depth;
  }
  if (depth != 0) throw std::invalid_argument(latex);
  microtex::Formula nothing;
  const microtex::Parser strict(false, "", &nothing, false);
  const microtex::Formula parsed(strict, latex);
}

// The source with every symbol on a background whose colour says which it is: MicroTeX then tells where it stands.
// `names` are gathered in that order.
std::string marked(std::string_view latex, const std::vector<book::SymbolUse>& uses, std::size_t begin, std::size_t end,
                   std::vector<std::vector<std::string>>& names) {
  std::string out;
  for (const book::SymbolUse& use : uses) {
    const auto color = FormulaCanvas::first_mark + static_cast<std::uint32_t>(names.size());
    names.push_back(use.names);
    out += latex.substr(begin, use.begin - begin);
    out += fmt::format("{{\\bgcolor{{#{:08x}}}{{", color) + marked(latex, use.inside, use.begin, use.end, names) + "}}";
    begin = use.end;
  }
  return out.append(latex.substr(begin, end - begin));
}

// The first and the last column of pixels with ink in them, {width, -1} if there is none.
std::pair<int, int> ink_columns(const PixelBuffer& pixels) {
  int first = pixels.width, last = -1;
  for (int y = 0; y < pixels.height; ++y)
    for (int x = 0; x < pixels.width; ++x)
      if (pixels.rgba[(static_cast<std::size_t>(y) * pixels.width + x) * 4 + 3] > 24) {
        first = std::min(first, x);
        last = std::max(last, x);
      }
  return {first, last};
}

// A name such as \left, \begin or \le at latex[at], or a single character.
std::string_view token_at(std::string_view latex, std::size_t at) {
  std::size_t end = at + 1;
  if (latex[at] == '\\') {
    while (end < latex.size() && std::isalpha(static_cast<unsigned char>(latex[end]))) ++end;
    if (end == at + 1) ++end;     // \, or \\ and the like
  }
  return latex.substr(at, end - at);
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view token) {
  for (const std::string_view entry : list)
    if (entry == token) return true;
  return false;
}

constexpr std::array<std::string_view, 19> relations = {
    "=", "<", ">", "\\le", "\\leq", "\\ge", "\\geq", "\\approx", "\\sim", "\\propto", "\\to", "\\rightarrow",
    "\\Rightarrow", "\\mapsto", "\\iff", "\\equiv", "\\in", "\\quad", "\\qquad"};
constexpr std::array<std::string_view, 6> sums = {"+", "-", "\\cdot", "\\times", "\\pm", ","};

// Cuts before each outermost token of `marks` that has something before it.
template <std::size_t N>
std::vector<std::string> cut(std::string_view latex, const std::array<std::string_view, N>& marks) {
  std::vector<std::string> pieces(1);
  int depth = 0;
  for (std::size_t at = 0; at < latex.size();) {
    const std::string_view token = token_at(latex, at);
    if (token == "{" || token == "\\left" || token == "\\begin" || token == "[" || token == "(") ++depth;
    if (token == "}" || token == "\\right" || token == "\\end" || token == "]" || token == ")") --depth;
    if (depth == 0 && contains(marks, token) && pieces.back().find_first_not_of(' ') != std::string::npos)
      pieces.emplace_back();
    pieces.back() += token;
    at += token.size();
  }
  return pieces;
}

}  // namespace

Formulas::Formulas(const Fonts& fonts, float density)
    : faces_(
          new TextFaces{open_face(fonts.text), open_face(fonts.text_bold), open_face(fonts.text_italic), words_scale}),
      density_(density) {}

Formulas::~Formulas() {
  use_text_faces({});
  for (const FT_Face face : {faces_->regular, faces_->bold, faces_->italic})
    if (face) FT_Done_Face(face);
}

Picture Formulas::render(const std::string& latex, float size, bool display, std::uint32_t color) {
  start_microtex(TEXTBOOK_LATEX_FONTS);
  use_text_faces(*faces_);
  check_syntax(latex);
  const float pixels = size * density_;
  const ImColor ink(color);
  const auto channel = [](float value) { return static_cast<int>(std::lround(255 * value)); };
  std::vector<std::vector<std::string>> names;
  const std::string source = marked(latex, book::symbols_in(latex), 0, latex.size(), names);
  const std::unique_ptr<microtex::Render> formula(microtex::MicroTeX::parse(
      source, 0, pixels, pixels / 3,
      microtex::argb(channel(ink.Value.w), channel(ink.Value.x), channel(ink.Value.y), channel(ink.Value.z)), true,
      {true, display ? microtex::TexStyle::display : microtex::TexStyle::text}));

  // 1. Its measures come in whole pixels: asked for at a large size they are exact.
  constexpr float large = 10000;
  formula->setTextSize(large);
  const float width = static_cast<float>(formula->getWidth()) * pixels / large;
  const float below = static_cast<float>(formula->getDepth()) * pixels / large;
  const float above = static_cast<float>(formula->getHeight()) * pixels / large - below;
  formula->setTextSize(pixels);

  // 2. Drawn with its baseline between two rows of pixels and room for what leans out of its box.
  const float bleed = std::ceil(0.25f * pixels) + 1, ascent = std::ceil(above), descent = std::ceil(below);
  const float columns = std::ceil(width) + 2 * bleed, rows = ascent + descent + 2 * bleed;
  if (!(columns > 0 && columns < 16384 && rows > 0 && rows < 16384)) throw std::length_error(latex);
  PixelBuffer buffer(static_cast<int>(columns), static_cast<int>(rows));
  FormulaCanvas canvas(buffer);
  canvas.translate(bleed, bleed + ascent - above);
  formula->draw(canvas, 0, 0);

  // 3. A little air on both sides of the ink: a slanted letter does not touch what follows, nor a fraction.
  const float air = 0.04f * pixels;
  const auto [first, last] = ink_columns(buffer);
  float left = 0, right = width;
  if (first <= last) {
    left = std::min(left, static_cast<float>(first) - bleed - air);
    right = std::max(right, static_cast<float>(last + 1) - bleed + air);
  }
  Picture picture;
  picture.width = (right - left) / density_;
  picture.height = (ascent + descent) / density_;
  picture.baseline = ascent / density_;
  picture.image = {(-bleed - left) / density_, -bleed / density_, columns / density_, rows / density_};
  for (const FormulaCanvas::Mark& mark : canvas.marks)
    if (mark.index < names.size())
      picture.symbols.push_back({(mark.x - bleed - left) / density_, (mark.y - bleed) / density_, mark.width / density_,
                                 mark.height / density_, names[mark.index]});
  picture.texture = Texture(buffer.width, buffer.height, buffer.rgba);
  return picture;
}

const Picture* Formulas::get(const std::string& latex, float size, bool display, std::uint32_t color) {
  Key key{latex, static_cast<int>(std::lround(size * 4)), display, color};
  if (auto at = known_.find(key); at != known_.end()) return at->second.texture ? &at->second : nullptr;
  Picture picture;                // without a texture: the formula is remembered as one that cannot be shown
  try {
    picture = render(latex, size, display, color);
  } catch (const std::exception&) {
  }
  const Picture& kept = known_.emplace(std::move(key), std::move(picture)).first->second;
  return kept.texture ? &kept : nullptr;
}

std::vector<std::string> split_formula(std::string_view latex) {
  std::vector<std::string> pieces;
  for (const std::string& piece : cut(latex, relations)) {
    const std::vector<std::string> finer = cut(piece, sums);
    pieces.insert(pieces.end(), finer.begin(), finer.end());
  }
  // An empty group in front keeps the space that TeX puts around a sign between two terms.
  for (std::size_t i = 1; i < pieces.size(); ++i) pieces[i] = "{}" + pieces[i];
  return pieces;
}

}  // namespace tb::viewer::page
