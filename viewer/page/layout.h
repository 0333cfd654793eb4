// A chapter set in type for one column width: strips from top to bottom, lines in them, fragments in those. All
// positions are pixels in the column, from its left edge and from the page's top (strips) or the strip's (the rest).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "viewer/page/flow.h"
#include "viewer/page/formulas.h"
#include "viewer/page/highlight.h"
#include "viewer/page/images.h"
#include "viewer/theme.h"

namespace tb::viewer::page {

enum class Ink { ink, muted, accent, warn, code_keyword, code_string, code_number, code_comment };

struct Style {
  ImFont* font = nullptr;
  float size = 0;                 // whole pixels: what Dear ImGui draws glyphs for
  Ink ink = Ink::ink;
  bool code = false;              // inline code: on a background of its own
  float raise = 0;                // of a footnote's mark, over the baseline
  bool operator==(const Style&) const = default;
};

struct Fragment {                 // what is drawn at once: text of one style, or a picture
  float x = 0, width = 0;
  Range range;                    // in Flow::text
  int style = 0;                  // index into Layout::styles
  const Picture* picture = nullptr;
  int link = -1;                  // index into Flow::links
  bool hyphen = false;            // a soft hyphen shows behind it
  int literal = -1;               // index into Layout::literals: words that stand for no text of the chapter
  float pad_left = 0, pad_right = 0;   // of the background of inline code
};

struct Line {
  float y = 0, height = 0;        // from the strip's top
  float baseline = 0;             // from the line's top
  Range range;                    // with the space that vanished at its end
  std::size_t first = 0, count = 0;    // of Layout::fragments
};

struct Ornament {
  enum class Kind { panel, rule, strong_rule, warning } kind = Kind::panel;   // panel: behind code; warning: an error
  float x = 0, y = 0, width = 0, height = 0;   // y from the strip's top
};

struct Strip {                    // the page from top to bottom without overlap; tables have one for each row
  float y = 0, height = 0;
  float gap = 0;                  // the space above it, which belongs to nothing
  std::size_t leaf = 0;           // index into Flow::leaves
  std::size_t first_line = 0, line_count = 0;
  std::size_t first_ornament = 0, ornament_count = 0;
  std::vector<float> bars;        // left edges of the quotes it stands in
  std::size_t joined_bars = 0;    // how many of them go on from the strip above
  float x = 0, width = 0;
};

struct Layout {
  float width = 0;                // of the column
  float height = 0;               // of the page, without the space around it
  std::vector<Strip> strips;
  std::vector<Line> lines;
  std::vector<Fragment> fragments;
  std::vector<Ornament> ornaments;
  std::vector<Style> styles;
  std::vector<std::string> literals;
  int unreadable = 0;             // formulas and images that could not be shown as such

  std::span<const Line> lines_of(const Strip& strip) const;
  std::span<const Fragment> fragments_of(const Line& line) const;
  std::size_t strip_at(float y) const;           // the strip that holds y or is next below it; the last one at the end
  std::size_t strip_with(Offset offset) const;   // the strip whose text holds the offset, or the nearest before it
  std::size_t line_with(Offset offset) const;    // index of the line likewise; lines.size() if there are none
  void resize(std::size_t strip, float height);  // moves what is below
};

struct Setting {
  const Theme& theme;
  float width;                    // of the column
  Formulas& formulas;
  Images& images;
  std::function<float(const book::Directive&)> directive_height;   // remembered or guessed
  float margin = 0;               // free room right of the column, which long lines of code may use
};

Layout lay_out(const Flow& flow, const Setting& setting);

// Average width of a character of the text face, over real text of the language.
float average_advance(ImFont* font, float size, std::string_view language);
float text_width(const Style& style, std::string_view text);
// Where the text of a fragment is cut at x (from the fragment's left edge): the nearest gap between two characters.
Offset offset_at(const Flow& flow, const Layout& layout, const Fragment& fragment, float x);
// The x of an offset inside a fragment.
float x_of(const Flow& flow, const Layout& layout, const Fragment& fragment, Offset offset);

}  // namespace tb::viewer::page
