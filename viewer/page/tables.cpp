// Tables that fit the column: cells wrap, columns share the width by what they hold.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "viewer/page/typesetter.h"

namespace tb::viewer::page {

namespace {

constexpr float row_padding = 7;

// Sizes of a table's text: the first at which no word has to be broken, else the last.
struct Size { float text, leading, code, gutter; };
constexpr Size sizes[] = {{16.5f, 23, 14, 22}, {15, 21, 13, 18}, {13.5f, 19, 12, 14}};

Side side_of(book::Block::Align align) {
  switch (align) {
    case book::Block::Align::center: return Side::center;
    case book::Block::Align::right: return Side::right;
    case book::Block::Align::left: case book::Block::Align::none: break;
  }
  return Side::left;
}

}  // namespace

// As browsers do it: every column as wide as its widest cell if that fits; else no narrower than its longest word, and
// the rest shared in proportion to what each would like to have. Where not even the longest words fit, they are broken.
Typesetter::Columns Typesetter::column_widths(const Leaf& leaf, const Body& body, float width, float gutter) {
  std::size_t columns = 0;
  for (const Row& row : leaf.rows) columns = std::max(columns, row.cells.size());
  std::vector<float> narrow(columns, 1), wide(columns, 1);
  for (const Row& row : leaf.rows) {
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      float whole = 0, stretch = 0, space = 0;      // of the cell in one line; of words that stay together
      for (const Word& word : collect_words(row.cells[c].runs, body, width)) {
        whole += space + word.chunk.width;
        stretch += word.chunk.width;
        narrow[c] = std::max(narrow[c], stretch + word.chunk.hyphen);
        space = word.chunk.space;
        if (word.chunk.cost == never_break) stretch += space;
        else stretch = 0;
        wide[c] = std::max(wide[c], whole);
        if (word.chunk.cost == must_break) whole = space = 0;
      }
    }
  }
  const auto sum = [](const std::vector<float>& values) { return std::accumulate(values.begin(), values.end(), 0.f); };
  const float room = width - gutter * static_cast<float>(columns - 1);
  if (sum(wide) <= room) return {wide, true};
  std::vector<float> widths(columns);
  const float least = sum(narrow), wish = sum(wide) - least;
  for (std::size_t c = 0; c < columns; ++c)
    widths[c] = least <= room && wish > 0 ? narrow[c] + (room - least) * (wide[c] - narrow[c]) / wish
                                          : std::max(room, 1.f) * narrow[c] / least;
  return {widths, least <= room};
}

void Typesetter::set_table(std::size_t leaf_index, float gap) {
  const Leaf& leaf = flow_.leaves[leaf_index];
  Body body = text_body();
  const float padding = px(row_padding), line = std::max(1.f, px(1));
  const std::size_t unreadable = layout_.unreadable;
  std::vector<float> widths;
  float gutter = 0;
  for (std::size_t r = 0; r < leaf.rows.size(); ++r) {
    const Row& row = leaf.rows[r];
    begin_strip(leaf_index, r == 0 ? gap : 0);
    if (r == 0) {
      for (const Size& size : sizes) {
        body.size = px(size.text);
        body.leading = px(size.leading);
        body.code_size = px(size.code);
        const auto columns = static_cast<float>(std::max<std::size_t>(row.cells.size(), 1));
        gutter = std::min(px(size.gutter), width_ / (3 * columns));
        Columns set = column_widths(leaf, body, width_, gutter);
        widths = std::move(set.widths);
        if (set.words_fit) break;
      }
      layout_.unreadable = static_cast<int>(unreadable);      // measured only: not yet shown
      set_marker(leaf, body);
    } else {
      marker_line_.reset();
    }
    float x = x_, height = body.leading;
    const float right =
        x_ + std::accumulate(widths.begin(), widths.end(), 0.f) + gutter * static_cast<float>(widths.size() - 1);
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      const Frame frame{.x = x, .width = widths[c], .y = padding, .side = side_of(row.cells[c].align)};
      height = std::max(height, set_paragraph(row.cells[c].runs, body, frame) - padding);
      x += widths[c] + gutter;
    }
    height += 2 * padding;
    const bool strong = row.header || r + 1 == leaf.rows.size();
    add_ornament({.kind = strong ? Ornament::Kind::strong_rule : Ornament::Kind::rule, .x = x_, .y = height - line,
                  .width = right - x_, .height = line});
    end_strip(height);
    settle_marker(layout_.strips.back());
  }
  if (leaf.caption.empty()) return;
  begin_strip(leaf_index, px(10));
  end_strip(std::ceil(set_caption(leaf, 0)));
}

}  // namespace tb::viewer::page
