// The making of a Layout, spread over layout.cpp (order and spacing), words.cpp (paragraphs), tables.cpp and
// blocks.cpp (code, display formulas, figures, errors).
#pragma once

#include <optional>

#include "viewer/page/break_lines.h"
#include "viewer/page/layout.h"

namespace tb::viewer::page {

// The faces and measures of running text: body, heading, table, caption, error.
struct Body {
  ImFont *regular, *bold, *italic, *bold_italic;
  float size, leading, code_size;
  Ink ink = Ink::ink;
};

// A piece of a line in the making.
struct Word {
  Chunk chunk;
  Range range;
  Offset space_end = 0;           // where the space behind it ends
  int style = 0, space_style = 0;
  const Picture* picture = nullptr;
  int link = -1;
  float pad_left = 0, pad_right = 0;
};

enum class Side { left, center, right };

struct Frame {                    // where a paragraph stands in its strip
  float x = 0, width = 0, y = 0;
  Side side = Side::left;
};

// A line of a listing, in offsets of the text.
struct CodeLine {
  Range range;
  Offset indent = 0;              // spaces at its beginning
  Offset comment = 0;             // where a comment behind the code begins; the line's end if there is none
  Range surplus;                  // space before the comment that is not shown
};

class Typesetter {
 public:
  Typesetter(const Flow& flow, const Setting& setting) : flow_(flow), setting_(setting) {}
  Layout run();

 private:
  float px(float size) const;     // scaled and rounded to whole pixels
  float inline_code_size() const;
  float listing_size() const;
  float baseline_in(ImFont* font, float size, float leading) const;   // of a line of that height
  Body text_body() const;
  Body heading_body(int level) const;
  Body interface_body(float size, float leading, Ink ink) const;

  // layout.cpp
  void set_leaf(std::size_t index);
  Strip& begin_strip(std::size_t leaf, float gap);
  void end_strip(float height);
  void set_marker(const Leaf& leaf, const Body& body);
  void settle_marker(const Strip& strip);
  Ornament& add_ornament(Ornament ornament);
  int style(ImFont* font, float size, Ink ink, bool code = false, float raise = 0);

  // words.cpp: sets a paragraph and returns the y below it.
  float set_paragraph(const std::vector<Run>& runs, const Body& body, const Frame& frame);
  std::vector<Word> collect_words(const std::vector<Run>& runs, const Body& body, float width);
  void add_text(std::vector<Word>& words, const Run& run, int style_index);
  void add_formula(std::vector<Word>& words, const Run& run, const Body& body, float width);
  void loosen(std::vector<Word>& words, float width);
  float set_line(std::span<const Word> words, const Body& body, const Frame& frame, float y);
  int style_of(const Run& run, const Body& body);
  const Picture* formula(const std::string& latex, float size, bool display, Ink ink);

  // blocks.cpp
  float set_code(const Leaf& leaf);
  std::vector<CodeLine> code_lines(const Leaf& leaf, std::span<const CodeToken> tokens) const;
  float set_code_line(const CodeLine& source, std::span<const CodeToken> tokens, Offset origin, float y);
  float set_math(const Leaf& leaf);
  float set_figure(const Leaf& leaf);
  float set_caption(const Leaf& leaf, float y, Side side = Side::left);
  float number_width(const Leaf& leaf) const;
  void set_number(const Leaf& leaf);
  float set_error(const Leaf& leaf);
  Fragment& add_literal(const std::string& words, int style_index, float x);
  void add_picture_line(const Picture& picture, Range range, float x, float y);

  // tables.cpp: a strip for each row.
  void set_table(std::size_t leaf, float gap);
  struct Columns { std::vector<float> widths; bool words_fit; };
  Columns column_widths(const Leaf& leaf, const Body& body, float width, float gutter);

  const Flow& flow_;
  const Setting& setting_;
  Layout layout_;
  float x_ = 0, width_ = 0;       // of the strip being set
  std::optional<std::size_t> marker_line_;
};

}  // namespace tb::viewer::page
