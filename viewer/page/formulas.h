// Formulas as pictures with a baseline: rendered once by MicroTeX for each source, size and colour.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "viewer/page/textures.h"
#include "viewer/theme.h"

namespace tb::viewer::page {

// A letter of a formula with its scripts, from the corner of the formula's box; book/formula_symbols.h has its names.
struct SymbolRegion {
  float x = 0, y = 0, width = 0, height = 0;
  std::vector<std::string> names;
};

// A formula or an image as a piece of a line. The texture may reach beyond the box that the line reckons with, so that
// slanted letters are not cut off.
struct Picture {
  Texture texture;
  float width = 0, height = 0;
  float baseline = 0;             // from the top
  struct { float x = 0, y = 0, width = 0, height = 0; } image;   // where the texture stands, from the box's corner
  std::vector<SymbolRegion> symbols;   // of a formula; what stands in a script, behind what it belongs to
};

struct TextFaces;

class Formulas {
 public:
  // The fonts set what the mathematical font lacks; `density`: pixels of the screen for each unit of length on it (2 on
  // a Wayland screen with scale 2).
  Formulas(const Fonts& fonts, float density);
  Formulas(const Formulas&) = delete;
  ~Formulas();
  // The formula at `size` pixels per em, or nullptr if MicroTeX does not understand it. Valid as long as this object.
  const Picture* get(const std::string& latex, float size, bool display, std::uint32_t color);

 private:
  Picture render(const std::string& latex, float size, bool display, std::uint32_t color);

  std::unique_ptr<TextFaces> faces_;
  float density_;
  using Key = std::tuple<std::string, int, bool, std::uint32_t>;
  std::map<Key, Picture> known_;
};

// Cuts a formula at its outermost relations and, failing those, at its outermost sums, into pieces that can stand in
// lines of their own. One piece if there is no such place.
std::vector<std::string> split_formula(std::string_view latex);

}  // namespace tb::viewer::page
