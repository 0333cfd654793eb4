#include "viewer/page/formulas.h"

#include <array>
#include <cctype>
#include <cmath>
#include <exception>

#include "imgui_rich_md/backends/latex/rich_md_latex.h"

namespace tb::viewer::page {

namespace {

void load_fonts_once() {
  if (RichMd::Latex::IsInitialized()) return;
  RichMd::Latex::Init(TEXTBOOK_LATEX_FONTS "/latinmodern-math.clm1", TEXTBOOK_LATEX_FONTS "/latinmodern-math.otf");
}

constexpr int padding = 2;        // that MicroTeX's renderer leaves around a formula

Picture render(const std::string& latex, float size, float density, bool display, std::uint32_t color) {
  using RichMd::Latex::TexStyle;
  load_fonts_once();
  const auto rendered = RichMd::Latex::Render(latex, size * density, static_cast<ImU32>(color),
                                              display ? TexStyle::Display : TexStyle::Text);
  Picture picture;
  picture.bleed = padding / density;
  picture.width = static_cast<float>(rendered.Width - 2 * padding) / density;
  picture.height = static_cast<float>(rendered.Height - 2 * padding) / density;
  picture.baseline = static_cast<float>(rendered.BaselineY - padding) / density;
  picture.texture = Texture(rendered.Width, rendered.Height, rendered.Pixels);
  return picture;
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

const Picture* Formulas::get(const std::string& latex, float size, bool display, std::uint32_t color) {
  Key key{latex, static_cast<int>(std::lround(size * 4)), display, color};
  if (auto at = known_.find(key); at != known_.end()) return at->second.texture ? &at->second : nullptr;
  Picture picture;                // without a texture: the formula is remembered as one that cannot be shown
  try {
    picture = render(latex, size, density_, display, color);
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
