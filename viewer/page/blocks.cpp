// Blocks that are no running text: code, display formulas, figures, errors.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "viewer/page/typesetter.h"

namespace tb::viewer::page {

namespace {

constexpr float panel_padding_x = 14, panel_padding_y = 11;
constexpr float number_gap = 18;              // at least, between a formula and its number
constexpr float smallest_formula = 0.8f;      // of its proper size; a wider one is broken into lines instead

Ink ink_of(CodeInk ink) {
  switch (ink) {
    case CodeInk::plain: return Ink::ink;
    case CodeInk::keyword: return Ink::code_keyword;
    case CodeInk::string: return Ink::code_string;
    case CodeInk::number: return Ink::code_number;
    case CodeInk::comment: return Ink::code_comment;
  }
  return Ink::ink;
}

}  // namespace

Fragment& Typesetter::add_literal(const std::string& words, int style_index, float x) {
  layout_.literals.push_back(words);
  const float width = text_width(layout_.styles[static_cast<std::size_t>(style_index)], words);
  layout_.fragments.push_back(
      {.x = x, .width = width, .style = style_index, .literal = static_cast<int>(layout_.literals.size()) - 1});
  return layout_.fragments.back();
}

// The lines of a listing: where a comment behind the code begins, and how much of the space before it may be left out.
std::vector<CodeLine> Typesetter::code_lines(const Leaf& leaf, std::span<const CodeToken> tokens) const {
  constexpr Offset kept_spaces = 3;
  const std::string_view text = flow_.text;
  std::vector<CodeLine> lines;
  for (Offset at = leaf.range.begin;; at = lines.back().range.end + 1) {
    CodeLine& line = lines.emplace_back();
    line.range = {at, static_cast<Offset>(std::min<std::size_t>(text.find('\n', at), leaf.range.end))};
    line.comment = line.range.end;
    while (at + line.indent < line.range.end && text[at + line.indent] == ' ') ++line.indent;
    for (const CodeToken& token : tokens) {
      const Offset begin = token.range.begin + leaf.range.begin;
      if (token.ink == CodeInk::comment && begin > at + line.indent && begin < line.range.end) line.comment = begin;
    }
    Offset code_end = line.comment;
    while (line.comment < line.range.end && code_end > at && text[code_end - 1] == ' ') --code_end;
    line.surplus = {std::min(code_end + kept_spaces, line.comment), line.comment};
    if (line.range.end == leaf.range.end) return lines;
  }
}

// A listing is as wide as the column. If a line is too long for that, comments move up to their code, the listing grows
// into the margin, and what is still too long goes on in a line below.
float Typesetter::set_code(const Leaf& leaf) {
  const std::vector<CodeToken> tokens = highlight(flow_[leaf.range], leaf.language);
  std::vector<CodeLine> lines = code_lines(leaf, tokens);
  const Style mono{setting_.theme.fonts.mono, listing_size()};
  const float padding = px(panel_padding_x);
  const auto widest = [&] {
    float width = 0;
    for (const CodeLine& line : lines)
      width = std::max(width, text_width(mono, flow_[line.range]) - text_width(mono, flow_[line.surplus]));
    return std::ceil(width) + 2 * padding;
  };
  const std::vector<CodeLine> close = lines;
  for (CodeLine& line : lines) line.surplus = {line.comment, line.comment};
  if (widest() > width_) lines = close;
  width_ = std::clamp(widest(), width_, width_ + std::max(setting_.margin, 0.f));

  float y = px(panel_padding_y);
  for (const CodeLine& line : lines) y = set_code_line(line, tokens, leaf.range.begin, y);
  if (!leaf.runs.empty()) {
    const Body caption = interface_body(setting_.theme.sizes.caption - 1, 18, Ink::muted);
    y = set_paragraph(leaf.runs, caption, {.x = x_ + padding, .width = width_ - 2 * padding, .y = y + px(6)});
  }
  y += px(panel_padding_y);
  add_ornament({.kind = Ornament::Kind::panel, .x = x_, .y = 0, .width = width_, .height = y});
  return leaf.caption.empty() ? y : set_caption(leaf, y + px(8));
}

// A line that is too long goes on below, indented and behind an arrow, and is copied as the one line it is.
float Typesetter::set_code_line(const CodeLine& source, std::span<const CodeToken> tokens, Offset origin, float y) {
  ImFont* mono = setting_.theme.fonts.mono;
  const float size = listing_size(), leading = std::round(1.5f * size);
  const auto advance = [&](char32_t c) { return mono->GetFontBaked(size)->GetCharAdvance(static_cast<ImWchar>(c)); };
  const float left = x_ + px(panel_padding_x), room = std::max(width_ - 2 * px(panel_padding_x), 4 * advance(U'm'));
  const std::string_view text = flow_.text;
  const Offset line_end = source.range.end;
  const float indent = std::min(static_cast<float>(source.indent + 2) * advance(U' '), room / 2);

  Offset at = source.range.begin;
  for (bool continued = false; !continued || at < line_end; continued = true) {
    const float inset = continued ? indent : 0;
    // 1. As much as fits; else back to the comment behind the code, or to the last good place beyond the beginning.
    Offset end = at, gap = at;
    for (float x = inset; end < line_end;) {
      if (end == source.surplus.begin) end = source.surplus.end;
      std::size_t next = end;
      const char32_t c = next_code_point(text, next).value_or(U'?');
      if (x + advance(c) > room + 0.01f && end > at) break;
      x += advance(c);
      end = static_cast<Offset>(next);
      const bool good = (c == U' ' || c == U',' || c == U';' || c == U'(') && x > 0.4f * room;
      if (end == source.surplus.begin || end == source.comment) gap = end;
      else if (good && (end < source.comment || at >= source.comment)) gap = end;
    }
    if (end < line_end && gap > at) end = gap;
    // 2. A fragment for each token in it, without the surplus of space.
    Line line{.y = y, .height = leading, .range = {at, end}, .first = layout_.fragments.size()};
    line.baseline = baseline_in(mono, size, leading);
    float x = left + inset;
    if (continued) add_literal("↪", style(mono, size, Ink::muted), x - 2 * advance(U' '));
    const Range surplus = source.surplus;
    for (const CodeToken& token : tokens) {
      const Range part{std::max(token.range.begin + origin, at), std::min(token.range.end + origin, end)};
      for (const Range shown :
           {Range{part.begin, std::min(part.end, surplus.begin)}, Range{std::max(part.begin, surplus.end), part.end}}) {
        if (shown.begin >= shown.end) continue;
        const int face = style(mono, size, ink_of(token.ink));
        const float width = text_width(layout_.styles[static_cast<std::size_t>(face)], flow_[shown]);
        layout_.fragments.push_back({.x = x, .width = width, .range = shown, .style = face});
        x += width;
      }
    }
    // 3. The next line begins with a word.
    while (end < line_end && text[end] == ' ') ++end;
    line.range.end = end;
    line.count = layout_.fragments.size() - line.first;
    layout_.lines.push_back(line);
    y += leading;
    at = end;
  }
  layout_.lines.back().range.end = line_end + (line_end < text.size() && text[line_end] == '\n' ? 1 : 0);
  return y;
}

void Typesetter::add_picture_line(const Picture& picture, Range range, float x, float y) {
  layout_.fragments.push_back({.x = x, .width = picture.width, .range = range, .picture = &picture});
  layout_.lines.push_back({.y = y, .height = std::ceil(picture.height), .baseline = std::ceil(picture.baseline),
                           .range = range, .first = layout_.fragments.size() - 1, .count = 1});
}

// In the middle of the column. One that is too wide is set a little smaller, else broken before its outermost signs,
// and what is still too wide is shrunk: nothing runs out of the column.
float Typesetter::set_math(const Leaf& leaf) {
  const std::string& latex = leaf.source->text;
  const float size = px(setting_.theme.sizes.text);
  const float full = width_;
  if (!leaf.source->number.empty()) width_ -= number_width(leaf) + px(number_gap);
  const Picture* whole = formula(latex, size, true, Ink::ink);
  if (!whole) {
    const Run source{.range = leaf.range, .code = true};
    Body body = text_body();
    body.ink = Ink::warn;
    return set_paragraph({source}, body, {.x = x_, .width = width_});
  }
  const std::vector<std::string> pieces = split_formula(latex);
  if (whole->width > width_ && (whole->width * smallest_formula <= width_ || pieces.size() == 1))
    whole = formula(latex, 0.98f * size * width_ / whole->width, true, Ink::ink);
  if (whole && whole->width <= width_) {
    // In the middle of the column, or of what the number leaves of it.
    const float middle = std::min((full - whole->width) / 2, width_ - whole->width);
    add_picture_line(*whole, leaf.range, x_ + middle, 0);
    set_number(leaf);
    return whole->height;
  }

  // The first line begins at the left edge, the others are indented. Pieces that fit are joined before they are drawn.
  const float indent = px(32);
  float y = 0;
  Offset begin = leaf.range.begin, end = begin + 2;     // behind the opening "$$"
  for (std::size_t i = 0; i < pieces.size();) {
    const float inset = i == 0 ? 0 : indent;
    std::string line = pieces[i];
    std::size_t length = pieces[i].size() - (i == 0 ? 0 : 2);   // without the "{}" put in front
    const Picture* picture = formula(line, size, true, Ink::ink);
    for (++i; i < pieces.size(); ++i) {
      const Picture* longer = formula(line + pieces[i].substr(2), size, true, Ink::ink);
      if (!longer || longer->width > width_ - inset) break;
      line += pieces[i].substr(2);
      length += pieces[i].size() - 2;
      picture = longer;
    }
    end += static_cast<Offset>(length);
    if (picture && picture->width > width_ - inset)
      picture = formula(line, 0.98f * size * (width_ - inset) / picture->width, true, Ink::ink);
    if (!picture) continue;
    if (y > 0) y += px(6);
    add_picture_line(*picture, {begin, i == pieces.size() ? leaf.range.end : end}, x_ + inset, y);
    y += std::ceil(picture->height);
    begin = end;
  }
  set_number(leaf);
  return y;
}

float Typesetter::number_width(const Leaf& leaf) const {
  return text_width({setting_.theme.fonts.text, px(setting_.theme.sizes.text)},
                    book::label_of(*leaf.source, flow_.document->language));
}

// At the right edge, on the baseline of the formula's last line.
void Typesetter::set_number(const Leaf& leaf) {
  if (leaf.source->number.empty() || layout_.lines.empty()) return;
  const int face = style(setting_.theme.fonts.text, px(setting_.theme.sizes.text), Ink::ink);
  add_literal(book::label_of(*leaf.source, flow_.document->language), face, setting_.width - number_width(leaf));
  ++layout_.lines.back().count;
}

float Typesetter::set_figure(const Leaf& leaf) {
  const book::Block& block = *leaf.source;
  const auto path = flow_.document->path.parent_path() / block.image;
  const Picture* picture = setting_.images.get(path, setting_.theme.scale, width_);
  float y = 0;
  if (picture) {
    add_picture_line(*picture, {leaf.range.begin, leaf.range.begin}, x_ + std::round((width_ - picture->width) / 2), 0);
    y = std::ceil(picture->height);
  } else {
    ++layout_.unreadable;
    const Body body = interface_body(setting_.theme.sizes.ui, 22, Ink::warn);
    const float padding = px(panel_padding_y);
    const Strings* strings = setting_.theme.strings;
    const std::size_t first = layout_.fragments.size();
    const std::string words = strings ? strings->format("page.no_image", {block.image}) : block.image;
    add_literal(words, style(body.regular, body.size, body.ink), x_ + px(panel_padding_x));
    layout_.lines.push_back({.y = padding,
                             .height = body.leading,
                             .baseline = baseline_in(body.regular, body.size, body.leading),
                             .range = {leaf.range.begin, leaf.range.begin},
                             .first = first,
                             .count = 1});
    y = body.leading + 2 * padding;
    add_ornament({.kind = Ornament::Kind::warning, .x = x_, .y = 0, .width = width_, .height = y});
  }
  return leaf.caption.empty() ? y : set_caption(leaf, y + px(10), Side::center);
}

float Typesetter::set_caption(const Leaf& leaf, float y, Side side) {
  const Body body = interface_body(setting_.theme.sizes.caption, 20, Ink::muted);
  return set_paragraph(leaf.caption, body, {.x = x_, .width = setting_.width - x_, .y = y, .side = side});
}

float Typesetter::set_error(const Leaf& leaf) {
  const float padding_x = px(panel_padding_x + 4), padding_y = px(panel_padding_y + 2);
  const Body body = interface_body(setting_.theme.sizes.ui, 22, Ink::ink);
  const float bottom =
      set_paragraph(leaf.runs, body, {.x = x_ + padding_x, .width = width_ - 2 * padding_x, .y = padding_y});
  add_ornament({.kind = Ornament::Kind::warning, .x = x_, .y = 0, .width = width_, .height = bottom + padding_y});
  return bottom + padding_y;
}

}  // namespace tb::viewer::page
