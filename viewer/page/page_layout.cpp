// What stands where: the document in type, the column in the window, the page under the view.
#include <algorithm>
#include <cmath>

#include "viewer/page/page_state.h"

namespace tb::viewer {

namespace {

constexpr float directive_guess = 320;                  // height of a lab that was never drawn

// The width of the column: so many average characters as the theme says, less in a narrow window.
float column_width(const Theme& theme, const book::Document* document, float room) {
  const float size = std::round(theme.px(theme.sizes.text));
  const float character = average_advance(theme.fonts.text, size, document ? document->language : "en");
  const float wish = character * static_cast<float>(theme.sizes.measure_characters);
  return std::floor(std::max(std::min(wish, room - 2 * theme.px(side_margin)), 4 * size));
}

}  // namespace

void Page::State::set_flow(std::shared_ptr<const book::Document> document) {
  flow = make_flow(std::move(document), strings, listing);
  finder.search(flow, wanted);
  if (shown) mark_passage();
  selection.clear();
  key.reset();
  notes.clear();
  sheets.clear();
  kinds.clear();
}

void Page::State::mark_passage() {
  const std::optional<Range> range = find_passage(flow, shown->block, shown->text);
  shown_at.reset();
  if (!range) return;
  std::vector<Range> marks;
  for (const book::Bytes& mark : shown->marks)
    if (mark.end <= range->size())
      marks.push_back({range->begin + static_cast<Offset>(mark.begin), range->begin + static_cast<Offset>(mark.end)});
  shown_at = marks.empty() ? range->begin : marks.front().begin;
  if (!shown->heading) reveal = shown_at;         // a heading stands at the top, where its section begins
  finder.mark(std::move(marks));
}

Page::LinkSpot Page::State::on_screen(const LinkPlace& place) const {
  const ImVec2 min{origin.x + place.x, origin.y + place.y};
  return {place.target, place.at, min, {min.x + place.width, min.y + place.height}};
}

// The column stands in the middle of the whole window, so that it stays where it is when the contents fold away.
Page::State::Column Page::State::column(const Theme& theme, float region, float room) const {
  const float bar = ImGui::GetStyle().ScrollbarSize, side = theme.px(side_margin);
  const float width = column_width(theme, flow.document.get(), room - bar);
  const float lowest = region + side, highest = region + room - bar - side - width;
  const float left =
      std::round(std::max(std::min(ImGui::GetMainViewport()->GetCenter().x - width / 2, highest), lowest));
  return {left, width, std::floor(std::max(highest - left, 0.f))};
}

void Page::State::update_layout(const Theme& theme, float width, float margin) {
  const float density = ImGui::GetIO().DisplayFramebufferScale.x;
  const LayoutKey wanted_key{width, margin, theme.scale, density, theme.sizes.leading, theme.id, theme.fonts.text};
  if (key == wanted_key) return;
  if (key && !pinned) pinned = place();           // the same words stay at the top
  if (!key || key->scale != theme.scale || key->theme != theme.id || key->density != density) {
    layout = {};
    notes.clear();                                // they show the formulas' pictures
    sheets.clear();
    formulas = std::make_unique<Formulas>(theme.fonts, density);
    images = {};
  }
  const auto directive_height = [&](const book::Directive& directive) {
    const auto at = heights.find(directive.id);
    return at == heights.end() ? theme.px(directive_guess) : at->second.height;
  };
  layout = lay_out(flow, {theme, width, *formulas, images, directive_height, margin});
  set_notes(theme, margin);
  key = wanted_key;
  ++layouts;
}

float Page::State::limit(const Theme& theme) const {
  if (alone && !alone->tops.empty()) return std::floor(alone->tops.back());
  // Room below the last line, so that it need not be read at the window's bottom edge.
  const float page = layout.height + theme.px(top_margin) + std::max(theme.px(120), 0.4f * view_height);
  return std::max(0.f, std::floor(page - view_height));
}

// Heights of labs come and go, hence in every frame.
void Page::State::update_alone(const Theme& theme) {
  if (!alone) return;
  alone->extent = section_extent(flow, layout, alone->anchor);
  alone->tops = screen_tops(flow, layout, alone->extent, view_height - 2 * std::round(theme.px(top_margin)));
  const int last = static_cast<int>(alone->tops.size()) - 1;
  if (alone->screen < 0 || alone->screen > last) alone->screen = last;
}

std::size_t Page::State::screen() const {
  if (!alone || alone->tops.empty()) return 0;
  if (pinned) return static_cast<std::size_t>(std::clamp(alone->screen, 0, static_cast<int>(alone->tops.size()) - 1));
  const auto next = std::upper_bound(alone->tops.begin(), alone->tops.end(), scroller.target() + 1);
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(next - alone->tops.begin() - 1, 0));
}

Extent Page::State::text_in_view() const {
  if (!alone) return {-1e9f, 1e9f};
  if (!pinned || alone->tops.empty()) return alone->extent;   // scrolled by hand: no screenful begins here
  const std::size_t at = screen();
  return {alone->tops[at], at + 1 < alone->tops.size() ? alone->tops[at + 1] : alone->extent.bottom};
}

const Fragment* Page::State::fragment_at(float x, float y) const {
  const Extent readable = text_in_view();
  return y >= readable.top && y < readable.bottom ? fragment_at_point(layout, x, y) : nullptr;
}

float Page::State::top_of(Offset offset) const {
  const Strip& strip = layout.strips[layout.strip_with(offset)];
  return strip.y + (strip.line_count > 0 ? layout.lines[layout.line_with(offset)].y : 0);
}

void Page::State::reveal_match(const Theme& theme) {
  if (!reveal || layout.lines.empty()) return;
  const float top = top_of(*reveal) + theme.px(top_margin);
  reveal.reset();
  const float y = top - scroller.target();
  if (y > 0.1f * view_height && y < 0.85f * view_height) return;
  pinned.reset();
  scroller.glide(top - 0.33f * view_height);
}

bool Page::State::is_section(const std::string& anchor) const {
  const auto& blocks = flow.document->blocks;
  return anchor.empty() || std::any_of(blocks.begin(), blocks.end(), [&](const book::Block& block) {
    return block.kind == book::Block::Kind::heading && block.anchor == anchor;
  });
}

// Places are told by sections, also where a formula was jumped to.
PagePlace Page::State::place() const {
  const bool as_pinned = pinned && (layout.strips.empty() || !flow.document || is_section(pinned->anchor));
  return as_pinned ? *pinned : place_at(flow, layout, scroller.position());
}

// A section stands at the top; a formula, figure or source with some of the text before it.
float Page::State::scroll_of_pinned(const Theme& theme) const {
  const float lift = flow.anchors.contains(pinned->anchor) && !is_section(pinned->anchor) ? 0.25f * view_height : 0;
  return std::clamp(scroll_of(flow, layout, *pinned) - lift, 0.f, limit(theme));
}

void Page::State::update_scroll(const Theme& theme) {
  update_alone(theme);
  if (pinned && alone) scroller.jump(alone->tops[screen()]);
  else if (pinned) scroller.jump(scroll_of_pinned(theme));
  reveal_match(theme);
  scroller.advance(ImGui::GetIO().DeltaTime, limit(theme), theme.reduced_motion);
  if (alone && scroller.target() < alone->extent.top) scroller.jump(alone->extent.top);
}

// A directive draws itself; the height that came out is kept. One that is wholly above the view pushes nothing in it.
void Page::State::draw_directive(std::size_t index, const Theme& theme, DirectiveHost& host, ImVec2 at, float& scroll) {
  const Strip& strip = layout.strips[index];
  const book::Directive& directive = flow.leaves[strip.leaf].source->directive;
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({0, 0});     // a group reaches to the item drawn last, be it one before the group
  ImGui::SetCursorScreenPos(at);
  ImGui::PushID(directive.id.c_str());
  ImGui::BeginGroup();
  host.draw_directive(directive, strip.width);
  ImGui::EndGroup();
  ImGui::PopID();
  const float height = std::max(1.f, std::ceil(ImGui::GetItemRectSize().y));
  heights[directive.id] = {strip.width, height};
  if (height == strip.height) return;
  const bool above = strip.y + strip.height + theme.px(top_margin) <= scroll;
  const float change = height - strip.height;
  layout.resize(index, height);
  notes_moved = true;
  if (!above) return;
  scroller.shift(change);
  scroll += change;
}

void Page::State::draw_strips(const Theme& theme, DirectiveHost& host, ImVec2 view, float left) {
  const float margin = std::round(theme.px(top_margin));
  float scroll = window_scroll;
  const Fragment* under_mouse = nullptr;
  if (ImGui::IsItemHovered() || ImGui::IsItemActive()) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    under_mouse = fragment_at(mouse.x - left, mouse.y - view.y - margin + scroll);
  }
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const Canvas canvas{list, flow, layout, theme, {selection.range(), &finder, under_mouse ? under_mouse->link : -1},
                      left, view.y, view.y + view_height};
  // Labs near the view are drawn before they come into sight, so that their heights are known by then.
  const float ahead = 0.5f * view_height;
  if (layout.strips.empty()) return;
  const auto marked_at = flow.anchors.find(marked);
  const Extent readable = text_in_view(), section = alone ? alone->extent : readable;
  if (marked_at != flow.anchors.end()) {               // where a jump led: one ground under all its lines
    const auto of_leaf = [&](const Strip& strip) { return strip.leaf == marked_at->second; };
    const auto first = std::find_if(layout.strips.begin(), layout.strips.end(), of_leaf);
    const auto last = std::find_if(layout.strips.rbegin(), layout.strips.rend(), of_leaf);
    if (first != layout.strips.end() && first->y >= section.top && first->y < section.bottom) {
      ImVec4 faint = to_vec(theme.colors().accent);
      faint.w = 0.1f;
      const float side = theme.px(12), above = theme.px(7), zero = view.y + margin - scroll;
      list.AddRectFilled({left + first->x - side, zero + first->y - above},
                         {left + layout.width + side, zero + last->y + last->height + above},
                         ImGui::ColorConvertFloat4ToU32(faint), theme.px(6));
    }
  }
  for (std::size_t i = layout.strip_at(scroll - margin - ahead); i < layout.strips.size(); ++i) {
    const Strip& strip = layout.strips[i];
    if (strip.y < section.top || strip.y >= section.bottom) continue;
    const float top = view.y + margin + strip.y - scroll, bottom = top + strip.height;
    if (top - strip.gap > view.y + view_height + ahead) break;
    const bool in_sight = bottom >= view.y && top - strip.gap <= view.y + view_height;
    const Leaf& leaf = flow.leaves[strip.leaf];
    if (in_sight && alone) {                      // lines of the screens before and after it are not cut, but hidden
      const float zero = view.y + margin - scroll;
      list.PushClipRect({view.x, zero + readable.top}, {view.x + ImGui::GetWindowWidth(), zero + readable.bottom}, true);
      canvas.draw(strip, top);
      list.PopClipRect();
    } else if (in_sight) {
      canvas.draw(strip, top);
    }
    if (leaf.kind != Leaf::Kind::directive) continue;
    const auto known = heights.find(leaf.source->directive.id);
    if (!in_sight && known != heights.end() && known->second.width == strip.width) continue;
    const bool later = alone && strip.y >= readable.bottom;   // on a later screen: only its height is wanted now
    if (later) ImGui::PushClipRect({0, 0}, {0, 0}, false);
    draw_directive(i, theme, host, {left + strip.x, top}, scroll);
    if (later) ImGui::PopClipRect();
  }
}

}  // namespace tb::viewer
