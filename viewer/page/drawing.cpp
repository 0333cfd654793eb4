#include "viewer/page/drawing.h"

#include <algorithm>
#include <cmath>

#include "viewer/page/kerning.h"

namespace tb::viewer::page {

namespace {

using figure::Color;

Color mix(Color a, Color b, float t) {
  const auto between = [t](std::uint8_t u, std::uint8_t v) {
    return static_cast<std::uint8_t>(
        std::lround(static_cast<float>(u) + t * (static_cast<float>(v) - static_cast<float>(u))));
  };
  return {between(a.r, b.r), between(a.g, b.g), between(a.b, b.b), 255};
}

}  // namespace

ImU32 Canvas::color_of(Ink ink) const {
  const figure::Palette& colors = theme.colors();
  switch (ink) {
    case Ink::ink: return to_imgui(colors.ink);
    case Ink::muted: return to_imgui(colors.muted);
    case Ink::accent: return to_imgui(colors.accent);
    case Ink::warn: return to_imgui(colors.warn);
    case Ink::code_keyword: return to_imgui(colors.accent);
    case Ink::code_string: return to_imgui(mix(colors.theirs, colors.ink, 0.25f));
    case Ink::code_number: return to_imgui(mix(colors.theirs, colors.ink, 0.25f));
    case Ink::code_comment: return to_imgui(colors.muted);
  }
  return to_imgui(colors.ink);
}

void Canvas::draw(const Strip& strip, float top) const {
  // The bar of a quote goes on through the space between its paragraphs.
  const ImU32 bar = to_imgui(mix(theme.colors().rule, theme.colors().muted, 0.25f));
  const float thick = std::max(1.f, std::round(theme.px(3)));
  for (std::size_t i = 0; i < strip.bars.size(); ++i) {
    const float x = std::round(left + strip.bars[i]);
    const float from = i < strip.joined_bars ? top - strip.gap : top;
    list.AddRectFilled({x, from}, {x + thick, top + strip.height}, bar);
  }
  draw_ornaments(strip, top);
  for (const Line& line : layout.lines_of(strip)) {
    const float y = top + line.y;
    if (y + line.height >= view_top && y <= view_bottom) draw_line(line, y);
  }
}

void Canvas::draw_ornaments(const Strip& strip, float top) const {
  const figure::Palette& colors = theme.colors();
  const float radius = theme.px(5);
  for (std::size_t i = strip.first_ornament; i < strip.first_ornament + strip.ornament_count; ++i) {
    const Ornament& o = layout.ornaments[i];
    const ImVec2 a{std::round(left + o.x), top + o.y}, b{std::round(left + o.x + o.width), top + o.y + o.height};
    switch (o.kind) {
      case Ornament::Kind::panel:
        list.AddRectFilled(a, b, to_imgui(mix(colors.paper, colors.ink, 0.045f)), radius);
        break;
      case Ornament::Kind::rule: list.AddRectFilled(a, b, to_imgui(colors.rule)); break;
      case Ornament::Kind::strong_rule: list.AddRectFilled(a, b, to_imgui(mix(colors.rule, colors.muted, 0.6f))); break;
      case Ornament::Kind::warning:
        list.AddRectFilled(a, b, to_imgui(mix(colors.paper, colors.warn, 0.07f)), radius);
        list.AddRectFilled(a, {a.x + std::round(theme.px(4)), b.y}, to_imgui(colors.warn), radius,
                           ImDrawFlags_RoundTopLeft | ImDrawFlags_RoundBottomLeft);
        break;
    }
  }
}

void Canvas::fill_range(const Line& line, Range range, float top, ImU32 color) const {
  float from = 0, to = 0;
  for (const Fragment& fragment : layout.fragments_of(line)) {
    if (fragment.literal >= 0 || fragment.range.end <= range.begin || fragment.range.begin >= range.end) continue;
    const float begin = x_of(flow, layout, fragment, range.begin), end = x_of(flow, layout, fragment, range.end);
    from = to > from ? std::min(from, begin) : begin;
    to = std::max(to, end);
  }
  if (to <= from) return;
  const float inset = std::round(theme.px(2));      // neighbouring lines do not touch
  list.AddRectFilled({std::floor(left + from), top + inset}, {std::ceil(left + to), top + line.height - inset}, color,
                     theme.px(2));
}

void Canvas::draw_line(const Line& line, float top) const {
  const figure::Palette& colors = theme.colors();
  const float baseline = std::round(top + line.baseline);
  // 1. The backgrounds of inline code.
  for (const Fragment& fragment : layout.fragments_of(line)) {
    const Style& style = layout.styles[static_cast<std::size_t>(fragment.style)];
    if (!style.code || fragment.picture) continue;
    const float x = std::round(left + fragment.x);
    list.AddRectFilled({x - fragment.pad_left, baseline - std::round(1.02f * style.size)},
                       {x + std::ceil(fragment.width) + fragment.pad_right, baseline + std::round(0.34f * style.size)},
                       to_imgui(mix(colors.paper, colors.ink, 0.065f)), theme.px(3));
  }
  // 2. Matches, the current one stronger, and the selection.
  if (marks.finder) {
    const auto all = marks.finder->matches();
    for (const Range& match : marks.finder->within(line.range)) {
      const bool current = &match - all.data() == marks.finder->current();
      fill_range(line, match, top, to_imgui(mix(colors.paper, colors.theirs, current ? 0.55f : 0.22f)));
    }
  }
  if (!marks.selection.empty())
    fill_range(line, marks.selection, top, to_imgui(mix(colors.paper, colors.accent, 0.25f)));
  // 3. The text.
  for (const Fragment& fragment : layout.fragments_of(line)) draw_fragment(fragment, baseline);
}

void Canvas::draw_fragment(const Fragment& fragment, float baseline) const {
  const float x = std::round(left + fragment.x);
  if (const Picture* picture = fragment.picture) {
    const ImVec2 a{std::round(left + fragment.x + picture->image.x),
                   std::round(baseline - picture->baseline) + picture->image.y};
    const ImVec2 b{a.x + picture->image.width, a.y + picture->image.height};
    list.AddImage(picture->texture.ref(), a, b);
    return;
  }
  const Style& style = layout.styles[static_cast<std::size_t>(fragment.style)];
  const ImU32 color = color_of(style.ink);
  const float ascent = style.font->GetFontBaked(style.size)->Ascent;
  const ImVec2 at{x, baseline - style.raise - std::round(ascent)};
  const std::string_view words = fragment.literal >= 0
                                     ? std::string_view(layout.literals[static_cast<std::size_t>(fragment.literal)])
                                     : flow[fragment.range];
  draw_text(list, style, at, color, words);
  if (fragment.hyphen) list.AddText(style.font, style.size, {x + fragment.width, at.y}, color, "-");
  if (is_term(flow, fragment.link)) {
    const bool lit = fragment.link == marks.hovered_link;
    const float y = baseline + std::round(0.2f * style.size), dot = std::max(1.f, std::round(theme.px(1)));
    const ImU32 ink = to_imgui(lit ? theme.colors().accent : theme.colors().muted);
    for (float dot_x = x; dot_x + dot <= x + fragment.width; dot_x += 3 * dot)
      list.AddRectFilled({dot_x, y}, {dot_x + dot, y + dot}, ink);
    return;
  }
  if (fragment.link >= 0 && fragment.link == marks.hovered_link) {
    const float y = baseline - style.raise + std::round(0.14f * style.size), thick = std::max(1.f, std::round(theme.px(1)));
    list.AddRectFilled({x, y}, {x + fragment.width, y + thick}, color);
  }
}

}  // namespace tb::viewer::page
