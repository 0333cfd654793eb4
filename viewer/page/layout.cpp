// The order of things on the page: which leaf stands where, indented how far and with how much space above it.
#include "viewer/page/layout.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "viewer/page/kerning.h"
#include "viewer/page/typesetter.h"

namespace tb::viewer::page {

namespace {

constexpr float quote_indent = 22, item_indent = 28, marker_gap = 9, bar_width = 3;

// Space above and below at scale 1; between two leaves the larger one counts. A heading has twice as much above it as
// below, what is no text stands a blank line's height from what follows.
struct Margins { float above, below; };

Margins margins(const Leaf& leaf) {
  switch (leaf.kind) {
    case Leaf::Kind::heading:
      switch (leaf.source->level) {
        case 1: return {56, 28};
        case 2: return {52, 26};
        case 3: return {38, 19};
        default: return {28, 14};
      }
    case Leaf::Kind::paragraph: return {14, 14};
    case Leaf::Kind::math: return {22, 28};
    case Leaf::Kind::table: return {24, 28};
    case Leaf::Kind::code: case Leaf::Kind::figure: return {20, 28};
    case Leaf::Kind::directive: case Leaf::Kind::error: case Leaf::Kind::rule: return {28, 28};
  }
  return {14, 14};
}

float gap_between(const Leaf& above, const Leaf& below) {
  if (below.tight) return 5;
  const float gap = std::max(margins(above).below, margins(below).above);
  const auto quotes = [](const Leaf& leaf) {
    return std::count_if(leaf.containers.begin(), leaf.containers.end(),
                         [](const Container& c) { return c.kind == Container::Kind::quote; });
  };
  if (quotes(above) != quotes(below)) return std::max(gap, 20.f);
  const bool next_item = !below.marker.empty() && !below.begins_list;
  return next_item && above.kind == Leaf::Kind::paragraph && below.kind == Leaf::Kind::paragraph ? 10 : gap;
}

// How many containers two leaves share, from the outside in.
std::size_t shared(const std::vector<Container>& a, const std::vector<Container>& b) {
  const auto parted = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(parted.first - a.begin());
}

}  // namespace

float Typesetter::px(float size) const { return std::round(setting_.theme.px(size)); }

Body Typesetter::text_body() const {
  const auto& [fonts, sizes] = std::tie(setting_.theme.fonts, setting_.theme.sizes);
  return {fonts.text,     fonts.text_bold,   fonts.text_italic, fonts.text_bold_italic,
          px(sizes.text), px(sizes.leading), inline_code_size()};
}

// JetBrains Mono is wide: at its nominal size it would shout in a line of PT Serif. A listing is smaller still.
float Typesetter::inline_code_size() const { return std::floor(setting_.theme.px(setting_.theme.sizes.code)); }
float Typesetter::listing_size() const { return std::round(0.9f * setting_.theme.px(setting_.theme.sizes.code)); }

float Typesetter::baseline_in(ImFont* font, float size, float leading) const {
  const ImFontBaked* metrics = font->GetFontBaked(size);
  return std::round((leading - metrics->Ascent + metrics->Descent) / 2 + metrics->Ascent);
}

Body Typesetter::heading_body(int level) const {
  const auto& [fonts, sizes] = std::tie(setting_.theme.fonts, setting_.theme.sizes);
  const float size = level <= 3 ? sizes.heading[std::max(level, 1) - 1] : sizes.text;
  return {fonts.ui_bold, fonts.ui_bold, fonts.ui_bold, fonts.ui_bold, px(size), px(1.22f * size), px(0.88f * size)};
}

Body Typesetter::interface_body(float size, float leading, Ink ink) const {
  const Fonts& fonts = setting_.theme.fonts;
  return {fonts.ui, fonts.ui_bold, fonts.ui, fonts.ui_bold, px(size), px(leading), px(0.94f * size), ink};
}

int Typesetter::style(ImFont* font, float size, Ink ink, bool code, float raise) {
  const Style wanted{font, size, ink, code, raise};
  const auto at = std::find(layout_.styles.begin(), layout_.styles.end(), wanted);
  if (at == layout_.styles.end()) return layout_.styles.push_back(wanted), static_cast<int>(layout_.styles.size()) - 1;
  return static_cast<int>(at - layout_.styles.begin());
}

Strip& Typesetter::begin_strip(std::size_t leaf_index, float gap) {
  const Leaf& leaf = flow_.leaves[leaf_index];
  const std::size_t joined =
      layout_.strips.empty() ? 0 : shared(leaf.containers, flow_.leaves[layout_.strips.back().leaf].containers);
  const float above = layout_.strips.empty() ? 0 : layout_.strips.back().y + layout_.strips.back().height;
  Strip& strip = layout_.strips.emplace_back();
  strip.leaf = leaf_index;
  strip.gap = gap;
  strip.y = above + gap;
  strip.first_line = layout_.lines.size();
  strip.first_ornament = layout_.ornaments.size();
  x_ = 0;
  for (std::size_t i = 0; i < leaf.containers.size(); ++i) {
    if (leaf.containers[i].kind == Container::Kind::quote) {
      strip.bars.push_back(x_);
      if (i < joined) ++strip.joined_bars;
      x_ += px(quote_indent);
    } else {
      x_ += px(item_indent);
    }
  }
  x_ = std::min(x_, setting_.width / 2);      // ever deeper lists must leave room for words
  width_ = setting_.width - x_;
  strip.x = x_;
  strip.width = width_;
  return strip;
}

void Typesetter::end_strip(float height) {
  Strip& strip = layout_.strips.back();
  strip.height = height;
  strip.line_count = layout_.lines.size() - strip.first_line;
  strip.ornament_count = layout_.ornaments.size() - strip.first_ornament;
}

// The marker hangs left of the text, in a line of its own that shares the baseline of the text's first line.
void Typesetter::set_marker(const Leaf& leaf, const Body& body) {
  marker_line_.reset();
  if (leaf.marker.empty()) return;
  const int face = style(body.regular, body.size, leaf.ordered ? Ink::ink : Ink::muted);
  const float width = text_width(layout_.styles[static_cast<std::size_t>(face)], flow_[leaf.marker]);
  marker_line_ = layout_.lines.size();
  layout_.fragments.push_back({.x = x_ - px(marker_gap) - width, .width = width, .range = leaf.marker, .style = face});
  layout_.lines.push_back({.height = body.leading,
                           .baseline = baseline_in(body.regular, body.size, body.leading),
                           .range = {leaf.marker.begin, leaf.range.begin},
                           .first = layout_.fragments.size() - 1,
                           .count = 1});
}

void Typesetter::settle_marker(const Strip& strip) {
  if (!marker_line_ || layout_.lines.size() <= *marker_line_ + 1) return;
  Line& marker = layout_.lines[*marker_line_];
  const Line& first = layout_.lines[strip.first_line + 1];
  marker.y = first.y;
  marker.height = first.height;
  marker.baseline = first.baseline;
}

Ornament& Typesetter::add_ornament(Ornament ornament) { return layout_.ornaments.emplace_back(ornament); }

void Typesetter::set_leaf(std::size_t index) {
  const Leaf& leaf = flow_.leaves[index];
  const float gap = index == 0 ? 0 : px(gap_between(flow_.leaves[index - 1], leaf));
  if (leaf.kind == Leaf::Kind::table) return set_table(index, gap);
  begin_strip(index, gap);
  set_marker(leaf, text_body());
  float height = 0;
  const Frame frame{.x = x_, .width = width_};
  switch (leaf.kind) {
    case Leaf::Kind::heading: height = set_paragraph(leaf.runs, heading_body(leaf.source->level), frame); break;
    case Leaf::Kind::paragraph: height = set_paragraph(leaf.runs, text_body(), frame); break;
    case Leaf::Kind::code: height = set_code(leaf); break;
    case Leaf::Kind::math: height = set_math(leaf); break;
    case Leaf::Kind::figure: height = set_figure(leaf); break;
    case Leaf::Kind::error: height = set_error(leaf); break;
    case Leaf::Kind::directive: height = setting_.directive_height(leaf.source->directive); break;
    case Leaf::Kind::rule:
      height = px(1);
      add_ornament({.kind = Ornament::Kind::rule, .x = x_, .y = 0, .width = width_, .height = height});
      break;
    case Leaf::Kind::table: break;
  }
  end_strip(std::ceil(height));
  settle_marker(layout_.strips.back());
}

Layout Typesetter::run() {
  layout_.width = setting_.width;
  for (std::size_t i = 0; i < flow_.leaves.size(); ++i) set_leaf(i);
  layout_.height = layout_.strips.empty() ? 0 : layout_.strips.back().y + layout_.strips.back().height;
  return std::move(layout_);
}

Layout lay_out(const Flow& flow, const Setting& setting) { return Typesetter(flow, setting).run(); }

std::span<const Line> Layout::lines_of(const Strip& strip) const {
  return std::span(lines).subspan(strip.first_line, strip.line_count);
}
std::span<const Fragment> Layout::fragments_of(const Line& line) const {
  return std::span(fragments).subspan(line.first, line.count);
}

std::size_t Layout::strip_at(float y) const {
  const auto at =
      std::partition_point(strips.begin(), strips.end(), [&](const Strip& s) { return s.y + s.height <= y; });
  return std::min(static_cast<std::size_t>(at - strips.begin()), strips.empty() ? 0 : strips.size() - 1);
}

std::size_t Layout::line_with(Offset offset) const {
  const auto at =
      std::partition_point(lines.begin(), lines.end(), [&](const Line& l) { return l.range.begin <= offset; });
  return lines.empty() ? 0 : static_cast<std::size_t>(std::max<std::ptrdiff_t>(at - lines.begin() - 1, 0));
}

std::size_t Layout::strip_with(Offset offset) const {
  const std::size_t line = line_with(offset);
  const auto at =
      std::partition_point(strips.begin(), strips.end(), [&](const Strip& s) { return s.first_line <= line; });
  std::size_t index = static_cast<std::size_t>(std::max<std::ptrdiff_t>(at - strips.begin() - 1, 0));
  while (index > 0 && strips[index].line_count == 0) --index;      // labs and rules hold no text
  return index;
}

void Layout::resize(std::size_t strip, float new_height) {
  const float change = new_height - strips[strip].height;
  strips[strip].height = new_height;
  for (std::size_t i = strip + 1; i < strips.size(); ++i) strips[i].y += change;
  height += change;
}

float average_advance(ImFont* font, float size, std::string_view language) {
  const std::string_view sample =
      language == "ru"
          ? "Модель читает текст по кусочкам и каждый раз отвечает на один вопрос: что скорее всего стоит дальше? "
            "Ответ — не слово, а распределение вероятностей по всему словарю, и выбирает из него уже не сама сеть."
          : "The model reads a text piece by piece and each time answers one question: what most likely comes next? "
            "Its answer is no word but a distribution over the whole vocabulary, and it is not the network that "
            "chooses.";
  std::size_t characters = 0;
  for (std::size_t at = 0; at < sample.size(); ++characters) next_code_point(sample, at);
  return text_width({.font = font, .size = size}, sample) / static_cast<float>(characters);
}

float text_width(const Style& style, std::string_view text) {
  ImFontBaked* baked = style.font->GetFontBaked(style.size);
  float width = 0;
  char32_t left = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at).value_or(U'?');
    width += kerning(style, left, c) + baked->GetCharAdvance(static_cast<ImWchar>(c));
    left = c;
  }
  return width;
}

Offset offset_at(const Flow& flow, const Layout& layout, const Fragment& fragment, float x) {
  if (fragment.picture || fragment.literal >= 0)
    return x < fragment.width / 2 ? fragment.range.begin : fragment.range.end;
  const Style& style = layout.styles[static_cast<std::size_t>(fragment.style)];
  ImFontBaked* baked = style.font->GetFontBaked(style.size);
  float left = 0;
  char32_t before = 0;
  for (std::size_t at = fragment.range.begin; at < fragment.range.end;) {
    const Offset begin = static_cast<Offset>(at);
    const char32_t c = next_code_point(flow.text, at).value_or(U'?');
    const float advance = baked->GetCharAdvance(static_cast<ImWchar>(c));
    left += kerning(style, before, c);
    if (x < left + advance / 2) return begin;
    left += advance;
    before = c;
  }
  return fragment.range.end;
}

float x_of(const Flow& flow, const Layout& layout, const Fragment& fragment, Offset offset) {
  if (offset <= fragment.range.begin) return fragment.x;
  if (offset >= fragment.range.end) return fragment.x + fragment.width;
  if (fragment.picture || fragment.literal >= 0) return fragment.x;
  const Style& style = layout.styles[static_cast<std::size_t>(fragment.style)];
  return fragment.x + text_width(style, flow[{fragment.range.begin, offset}]);
}

}  // namespace tb::viewer::page
