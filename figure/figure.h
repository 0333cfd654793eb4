// A figure is a value: shapes, text and hit regions made from a snapshot. The same figure is drawn by ImGui in the
// reader, and written as SVG (text stays text) or PNG. No torch, no ImGui.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/strings.h"
#include "labs/lab.h"

namespace tb::figure {

struct Color { std::uint8_t r = 0, g = 0, b = 0, a = 255; };
struct Box { float x = 0, y = 0, w = 0, h = 0; };         // pixels at scale 1, origin top left

enum class Face { text, text_bold, mono };                // PT Sans, PT Sans Bold, JetBrains Mono, as in the interface

// hatched: the fill is drawn as slanted lines, so that a difference shows without its colour.
struct RectShape {
  Box box;
  Color fill{0, 0, 0, 0}, stroke{0, 0, 0, 0};
  float radius = 0, stroke_width = 1;
  bool dashed = false, hatched = false;
};
struct LineShape { float x1, y1, x2, y2; Color color; float width = 1; bool dashed = false; };
// x, y: left end of the baseline. anchor 0: starts there, 0.5: centred, 1: ends there.
// upward: turned by a quarter, so that it reads from below to above, around x, y.
struct TextShape {
  float x, y;
  std::string text;
  Face face = Face::text;
  float size = 15;
  Color color;
  float anchor = 0;
  bool upward = false;
};
// rows x columns cells of equal size; one colour for each, row-major.
struct CellsShape { Box box; int rows = 0, columns = 0; std::vector<Color> cells; };
// A line through many points, such as a curve.
struct Point { float x = 0, y = 0; };
struct PathShape { std::vector<Point> points; Color color; float width = 1; bool dashed = false; };
using Shape = std::variant<RectShape, LineShape, TextShape, CellsShape, PathShape>;

// What can be pointed at. Clicking applies `set` to the lab's inputs (empty: selects); hovering shows `tip`, one line
// a string: exact value, name, shape, point, layer, head, position.
struct Hit { Box box; std::string id; std::vector<std::string> tip; Inputs set; };

struct Figure {
  float width = 0, height = 0;
  std::vector<Shape> shapes;
  std::vector<Hit> hits;      // in reading order: arrow keys walk them
  std::string alt;            // a sentence made from the data, for those who cannot see the picture
};

// The colours of ../shared look: one set for each theme.
struct Palette {
  Color paper, ink, muted, rule, accent, card;
  Color chip_a, chip_b;                  // token chips alternate
  Color ours, theirs;                    // A / B, clean / corrupted
  Color warn;
  std::vector<Color> sequential;         // magnitude: starts at the paper, even in OKLab; 256 entries
  std::vector<Color> diverging;          // signed: zero at the paper; 256 entries
};
enum class Theme { light, dark, sepia, contrast };
inline constexpr Theme themes[] = {Theme::light, Theme::dark, Theme::sepia, Theme::contrast};
const Palette& palette(Theme theme);
Color ramp(const std::vector<Color>& colors, double unit);   // unit in 0..1, clamped

// Width of a text in pixels. The reader measures with its own fonts, SVG and PNG with the same font files.
using Measure = std::function<float(std::string_view text, Face face, float size)>;

// The two runs that a snapshot is the difference of (labs/compare.h), for a figure of B − A: its numbers are signed, and
// its colours diverge from the paper at zero.
struct Between { const Snapshot* a = nullptr; const Snapshot* b = nullptr; };

struct Look {
  const Palette& colors;
  const Strings& strings;
  Measure measure;
  float width = 560;                     // the figure's width; its height follows
  float size = 15;                       // text size
  std::string hovered, selected;         // ids of hits; "" for none
  Between between = {};                  // where the snapshot is a difference
  bool signed_values() const { return between.a != nullptr; }
};

// The figure of a snapshot, by its lab type; tables of its columns for a type without one.
Figure draw(const Snapshot& snapshot, const Look& look);

// The bytes of a token as a reader should see them: a raised dot for a space, an arrow for a newline, two hexadecimal
// digits for a byte that is no whole character. Never the replacement sign.
std::string visible(std::string_view bytes);

inline constexpr float margin = 14;      // around a figure that stands alone, as SVG or PNG
// A whole SVG document; text stays text. `scale` enlarges width and height, not the coordinates.
std::string to_svg(const Figure& figure, const Palette& colors, double scale = 1);
// Rendered from the SVG by librsvg. Errors: figure.render, file.write.
Result<void> write_png(const Figure& figure, const Palette& colors, double scale, const std::string& path);
// Measures with the font files of assets/fonts.toml, without a window. A file that is not there measures as nothing
// known: half the size for each character, so that a figure still comes out. Not for several threads at once.
Measure freetype_measure();

}  // namespace tb::figure
