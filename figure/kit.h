// What the figures of all labs are drawn with: a pen that collects shapes, tokens as chips, tables of numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/numbers.h"
#include "figure/figure.h"

namespace tb::figure {

struct TokenView {
  std::int64_t id = 0;
  std::string bytes;                       // raw
  bool special = false;
  bool whole() const;                      // its bytes alone are whole UTF-8
};
std::vector<TokenView> tokens_of(const Snapshot& snapshot, const std::string& prefix);

// The one number of a column; 0 where there is none.
double number_of(const Snapshot& snapshot, std::string_view column);

class Pen {
 public:
  Pen(Figure& figure, const Look& look) : figure_(figure), look_(look) {}

  const Palette& colors() const { return look_.colors; }
  std::string_view language() const { return look_.strings.language(); }
  float px(float pixels) const { return pixels * look_.size / 15; }   // sizes below are given for 15 px of text
  float letters(float size) const { return std::round(px(size)); }    // whole pixels: glyphs are sharp
  float width(std::string_view text, Face face, float size) const { return look_.measure(text, face, letters(size)); }
  std::string word(std::string_view key) const { return look_.strings.get(key); }
  bool has(std::string_view key) const { return look_.strings.has(key); }
  std::string word(std::string_view key, const std::vector<std::string>& args) const {
    return look_.strings.format(key, args);
  }

  // Widths of strokes and lines are given for 15 px of text, places as they are.
  void rect(RectShape shape) {
    shape.stroke_width = px(shape.stroke_width);
    figure_.shapes.emplace_back(std::move(shape));
  }
  void line(float x1, float y1, float x2, float y2, Color color, float thickness = 1, bool dashed = false) {
    figure_.shapes.emplace_back(LineShape{x1, y1, x2, y2, color, px(thickness), dashed});
  }
  void cells(CellsShape shape) { figure_.shapes.emplace_back(std::move(shape)); }
  void path(PathShape shape) { figure_.shapes.emplace_back(std::move(shape)); }   // its width as it is
  void text(float x, float y, std::string text, Color color, float size = 15, float anchor = 0,
            Face face = Face::text) {
    figure_.shapes.emplace_back(TextShape{x, y, std::move(text), face, letters(size), color, anchor});
  }
  // A formula in one line: "_" and "^" lower and raise the letter or the "{group}" that follows. Drawn smaller where it
  // would be wider than `width`. Returns the x behind it.
  float formula(float x, float y, std::string_view formula, float width, Color color, float size = 16);
  void upward(float x, float y, std::string text, Color color, float size) {
    figure_.shapes.emplace_back(TextShape{x, y, std::move(text), Face::text, letters(size), color, 0, true});
  }
  // A token as it is named in a sentence: “·Mary”, «·Mary».
  std::string quoted(const TokenView& token) const {
    return word("figure.quoted", {visible(token.bytes)});
  }
  // A number that is added: with its sign, "+0.55".
  std::string term(double value, int decimals = 2) const {
    return (value < 0 ? "" : "+") + format_fixed(value, decimals, language());
  }
  // A bold line over a part of the figure, as much of it as fits; returns the y below.
  float heading(float y, std::string words);
  // Words broken into lines no wider than `width`; returns the y below the last line.
  float paragraph(float x, float y, float width, std::string_view text, Color color, float size = 12.5f);
  // The text, or as much of it as fits with "…" behind.
  std::string fit(std::string text, float width, float size = 15, Face face = Face::text) const;
  void hit(Hit hit) { figure_.hits.push_back(std::move(hit)); }

  // Draws a token as a chip into `box`: two tints in turn, a pill for special tokens, a dashed angular frame for bytes
  // that are no whole character. `index` chooses the tint.
  void chip(const TokenView& token, std::size_t index, Box box, float size = 15);
  float chip_width(const TokenView& token, float size = 15) const;
  // The same shape with another fill and ink, for chips that carry data.
  void chip(const TokenView& token, Box box, Color fill, Color ink, float size);
  // Marks what the learner points at or has selected.
  void frame(Box box, float radius = 4);
  bool hovered(std::string_view id) const { return look_.hovered == id; }
  bool marked(std::string_view id) const { return look_.hovered == id || look_.selected == id; }

  // "0 % [ramp] 100 %", its right end at `right`.
  void legend(float right, float y, const std::vector<Color>& colors, const std::string& low, const std::string& high);

 private:
  Figure& figure_;
  const Look& look_;
};

// The tip of a token: its text, id, bytes and, at `position` of the sequence where it is not negative.
std::vector<std::string> token_tip(const Look& look, const TokenView& token, std::int64_t position);

// Says below everything else which bytes of the text have no token, where there are any; returns the y below.
float unencodable_note(Pen& pen, const Snapshot& snapshot, float x, float y, float width);

// The tokens of a text as chips in rows; `each` is told of every chip, by its number and box. Returns the y below.
float chip_rows(Pen& pen, const Look& look, const std::vector<TokenView>& tokens, float y,
                const std::function<void(std::size_t, const Box&)>& each);

// The tokens of a text in rows, the chosen one framed; hits are "query/I", and a click sets the input "query". Returns
// the y below.
float token_rows(Pen& pen, const Look& look, const std::vector<TokenView>& tokens, std::size_t chosen, float y);

// Black or white ink, whichever stands out more from `fill`.
Color ink_on(Color fill);
// The theme's own ink where it can be read on `fill` (a contrast of 4.5), else black or white.
Color readable_on(Color fill, const Palette& colors);

// The figure of a lab type without the head that tells which runs a difference is between.
Figure draw_plain(const Snapshot& snapshot, const Look& look);

Figure draw_tokens(const Snapshot& snapshot, const Look& look);
Figure draw_next_token(const Snapshot& snapshot, const Look& look);
Figure draw_attention(const Snapshot& snapshot, const Look& look);
Figure draw_lens(const Snapshot& snapshot, const Look& look);
Figure draw_patching(const Snapshot& snapshot, const Look& look);
Figure draw_attribution(const Snapshot& snapshot, const Look& look);
Figure draw_graph(const Snapshot& snapshot, const Look& look);
Figure draw_heads(const Snapshot& snapshot, const Look& look);
Figure draw_control(const Snapshot& snapshot, const Look& look);
Figure draw_levers(const Snapshot& snapshot, const Look& look);
Figure draw_steering(const Snapshot& snapshot, const Look& look);
Figure draw_spread(const Snapshot& snapshot, const Look& look);
Figure draw_backprop(const Snapshot& snapshot, const Look& look);
Figure draw_rotation(const Snapshot& snapshot, const Look& look);
Figure draw_lora(const Snapshot& snapshot, const Look& look);
Figure draw_from_scratch(const Snapshot& snapshot, const Look& look);
Figure draw_anatomy(const Snapshot& snapshot, const Look& look);
Figure draw_configuration(const Snapshot& snapshot, const Look& look);
Figure draw_surprise(const Snapshot& snapshot, const Look& look);
Figure draw_cache(const Snapshot& snapshot, const Look& look);
Figure draw_neighbours(const Snapshot& snapshot, const Look& look);
Figure draw_depth(const Snapshot& snapshot, const Look& look);
Figure draw_probe(const Snapshot& snapshot, const Look& look);
Figure draw_missed(const Snapshot& snapshot, const Look& look);
Figure draw_own_code(const Snapshot& snapshot, const Look& look);
Figure draw_table(const Snapshot& snapshot, const Look& look);

}  // namespace tb::figure
