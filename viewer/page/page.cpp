#include "viewer/page/page.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <imgui_internal.h>

#include "viewer/page/drawing.h"
#include "viewer/page/links.h"
#include "viewer/page/scroll.h"
#include "viewer/page/selection.h"

namespace tb::viewer {

using namespace page;

namespace {

constexpr float side_margin = 24, top_margin = 40;      // at scale 1
constexpr float directive_guess = 320;                  // height of a lab that was never drawn
constexpr float wheel_lines = 3;

// What the layout depends on: as long as it is the same, frames only draw.
struct LayoutKey {
  float width = 0, margin = 0, scale = 0, density = 0, leading = 0;
  figure::Theme theme{};
  ImFont* font = nullptr;
  bool operator==(const LayoutKey&) const = default;
};

// True if a lab's own scrolling part is under the mouse: the wheel belongs to it.
bool inner_window_takes_wheel(const ImGuiWindow* page) {
  for (const ImGuiWindow* w = ImGui::GetCurrentContext()->HoveredWindow; w && w != page; w = w->ParentWindow)
    if (w->ScrollMax.y > 0 && !(w->Flags & ImGuiWindowFlags_NoScrollWithMouse)) return true;
  return false;
}

}  // namespace

struct Page::State {
  // Set when document or words change:
  Flow flow;
  const Strings* strings = nullptr;
  Listing listing;
  // Set when also width, size or theme change:
  std::optional<LayoutKey> key;
  Layout layout;
  std::unique_ptr<Formulas> formulas;
  Images images;
  int layouts = 0;

  struct Height { float width, height; };
  std::map<std::string, Height> heights;          // of directives, by id, as they came out

  Scroller scroller;
  std::optional<PagePlace> pinned = PagePlace{};   // stays at the top until the learner scrolls
  float window_scroll = -1;                        // what Dear ImGui's window has; not known yet
  float view_height = 0, view_top = 0;             // view_top: on the screen
  std::optional<Offset> reveal;                    // a match that should come into sight

  Selection selection;
  Finder finder;
  std::string wanted;                              // what is searched for
  struct Shown { std::size_t block; std::string text; std::vector<book::Bytes> marks; bool heading; };
  std::optional<Shown> shown;                      // what the search of the book has found here
  std::optional<Offset> shown_at;                  // where that is
  ImVec2 origin;                                   // of the page's upper left corner on the screen, in the last frame
  std::optional<LinkPlace> hovered;                // the link under the mouse in it
  int pressed_link = -1;
  bool dragging_beyond = false;                    // the mouse selects above or below the view: the page follows

  struct Column { float left, width, margin; };    // margin: free to its right, for lines that are too long
  Column column(const Theme& theme, float region, float room) const;
  void set_flow(std::shared_ptr<const book::Document> document);
  void update_layout(const Theme& theme, float width, float margin);
  void update_scroll(const Theme& theme);
  void take_wheel(const Theme& theme, ImGuiWindow* window);
  void reveal_match(const Theme& theme);
  void mark_passage();
  LinkSpot on_screen(const LinkPlace& place) const;
  float top_of(Offset offset) const;               // of its line, or of the directive there, on the page
  void draw_strips(const Theme& theme, DirectiveHost& host, ImVec2 view, float left);
  void draw_directive(std::size_t index, const Theme& theme, DirectiveHost& host, ImVec2 at, float& scroll);
  std::optional<std::string> handle_mouse(const Theme& theme, DirectiveHost& host, ImVec2 view, float left);
  void handle_keys();
  void copy() const;
  float limit(const Theme& theme) const;
  PagePlace place() const { return pinned ? *pinned : place_at(flow, layout, scroller.position()); }
};

void Page::State::set_flow(std::shared_ptr<const book::Document> document) {
  flow = make_flow(std::move(document), strings, listing);
  finder.search(flow, wanted);
  if (shown) mark_passage();
  selection.clear();
  key.reset();
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

// The width of the column: so many average characters as the theme says, less in a narrow window.
static float column_width(const Theme& theme, const book::Document* document, float room) {
  const float size = std::round(theme.px(theme.sizes.text));
  const float character = average_advance(theme.fonts.text, size, document ? document->language : "en");
  const float wish = character * static_cast<float>(theme.sizes.measure_characters);
  return std::floor(std::max(std::min(wish, room - 2 * theme.px(side_margin)), 4 * size));
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
  if (key) pinned = place();                      // the same words stay at the top
  if (!key || key->scale != theme.scale || key->theme != theme.id || key->density != density) {
    layout = {};
    formulas = std::make_unique<Formulas>(theme.fonts, density);
    images = {};
  }
  const auto directive_height = [&](const book::Directive& directive) {
    const auto at = heights.find(directive.id);
    return at == heights.end() ? theme.px(directive_guess) : at->second.height;
  };
  layout = lay_out(flow, {theme, width, *formulas, images, directive_height, margin});
  key = wanted_key;
  ++layouts;
}

float Page::State::limit(const Theme& theme) const {
  // Room below the last line, so that it need not be read at the window's bottom edge.
  const float page = layout.height + theme.px(top_margin) + std::max(theme.px(120), 0.4f * view_height);
  return std::max(0.f, std::floor(page - view_height));
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

void Page::State::update_scroll(const Theme& theme) {
  if (pinned) scroller.jump(std::clamp(scroll_of(flow, layout, *pinned), 0.f, limit(theme)));
  reveal_match(theme);
  scroller.advance(ImGui::GetIO().DeltaTime, limit(theme), theme.reduced_motion);
}

void Page::State::take_wheel(const Theme& theme, ImGuiWindow* window) {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.MouseWheel == 0 || io.KeyCtrl || !ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows)) return;
  if (inner_window_takes_wheel(window)) return;
  pinned.reset();
  scroller.glide(
      std::clamp(scroller.target() - io.MouseWheel * wheel_lines * theme.px(theme.sizes.leading), 0.f, limit(theme)));
}

// A directive draws itself; the height that came out is kept. One that is wholly above the view pushes nothing in it.
void Page::State::draw_directive(std::size_t index, const Theme& theme, DirectiveHost& host, ImVec2 at, float& scroll) {
  const Strip& strip = layout.strips[index];
  const book::Directive& directive = flow.leaves[strip.leaf].source->directive;
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
    under_mouse = fragment_at_point(layout, mouse.x - left, mouse.y - view.y - margin + scroll);
  }
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const Canvas canvas{list, flow, layout, theme, {selection.range(), &finder, under_mouse ? under_mouse->link : -1},
                      left, view.y, view.y + view_height};
  // Labs near the view are drawn before they come into sight, so that their heights are known by then.
  const float ahead = 0.5f * view_height;
  if (layout.strips.empty()) return;
  for (std::size_t i = layout.strip_at(scroll - margin - ahead); i < layout.strips.size(); ++i) {
    const Strip& strip = layout.strips[i];
    const float top = view.y + margin + strip.y - scroll, bottom = top + strip.height;
    if (top - strip.gap > view.y + view_height + ahead) break;
    const bool in_sight = bottom >= view.y && top - strip.gap <= view.y + view_height;
    const Leaf& leaf = flow.leaves[strip.leaf];
    if (in_sight) canvas.draw(strip, top);
    if (leaf.kind != Leaf::Kind::directive) continue;
    const auto known = heights.find(leaf.source->directive.id);
    if (in_sight || known == heights.end() || known->second.width != strip.width)
      draw_directive(i, theme, host, {left + strip.x, top}, scroll);
  }
}

std::optional<std::string> Page::State::handle_mouse(const Theme& theme, DirectiveHost& host, ImVec2 view, float left) {
  const ImGuiIO& io = ImGui::GetIO();
  const float x = io.MousePos.x - left, y = io.MousePos.y - view.y - std::round(theme.px(top_margin)) + window_scroll;
  const bool over = ImGui::IsItemHovered();
  const Fragment* fragment = over || ImGui::IsItemActive() ? fragment_at_point(layout, x, y) : nullptr;
  const int link = fragment ? fragment->link : -1;
  hovered.reset();
  if (over && link >= 0) {
    const Strip& strip = layout.strips[layout.strip_with(fragment->range.begin)];
    hovered = place_of(flow, strip, layout.lines[layout.line_with(fragment->range.begin)], *fragment);
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    const std::string tip = host.link_tip(flow.links[static_cast<std::size_t>(link)]);
    if (!tip.empty() && !ImGui::IsItemActive()) {
      ImGui::BeginTooltip();
      ImGui::PushTextWrapPos(theme.px(360));
      ImGui::TextUnformatted(tip.c_str());
      ImGui::PopTextWrapPos();
      ImGui::EndTooltip();
    }
  } else if (over && fragment) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_TextInput);
  }
  dragging_beyond = false;
  if (ImGui::IsItemActivated()) {
    pressed_link = link;
    selection.press(flow, offset_at_point(flow, layout, x, y), io.MouseClickedCount[0], io.KeyShift);
  } else if (ImGui::IsItemActive() && ImGui::IsMouseDragging(ImGuiMouseButton_Left, 2)) {
    selection.drag(flow, offset_at_point(flow, layout, x, y));
    // Beyond the edge the page follows.
    const float beyond = std::min(0.f, io.MousePos.y - view.y) + std::max(0.f, io.MousePos.y - view.y - view_height);
    dragging_beyond = beyond != 0;
    if (dragging_beyond) {
      pinned.reset();
      scroller.jump(std::clamp(scroller.position() + beyond * 8 * io.DeltaTime, 0.f, limit(theme)));
    }
  }
  if (ImGui::IsItemDeactivated() && link >= 0 && link == pressed_link && selection.range().empty())
    return flow.links[static_cast<std::size_t>(link)];
  return std::nullopt;
}

void Page::State::handle_keys() {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.WantTextInput) return;
  if (ImGui::IsKeyChordPressed(ImGuiMod_Ctrl | ImGuiKey_A)) selection.select_all(flow);
  if (ImGui::IsKeyChordPressed(ImGuiMod_Ctrl | ImGuiKey_C)) copy();
}

void Page::State::copy() const {
  if (!selection.range().empty()) ImGui::SetClipboardText(std::string(flow[selection.range()]).c_str());
}

Page::Page() : state_(std::make_unique<State>()) {}
Page::~Page() = default;

void Page::show(std::shared_ptr<const book::Document> document, Listing listing) {
  state_->listing = std::move(listing);
  state_->shown.reset();
  state_->shown_at.reset();
  state_->set_flow(std::move(document));
  state_->layout = {};
  state_->pinned = PagePlace{};
}

void Page::show_passage(const book::Passage& passage, std::span<const book::Bytes> marks) {
  state_->shown = State::Shown{passage.block, passage.text, {marks.begin(), marks.end()},
                              passage.kind == book::Passage::Kind::heading};
  state_->mark_passage();
}

void Page::reveal_block(std::size_t block) {
  if (const auto range = find_passage(state_->flow, block, "")) state_->reveal = range->begin;
}

void Page::forget_passage() {
  if (!state_->shown) return;
  state_->shown.reset();
  state_->shown_at.reset();
  state_->finder.search(state_->flow, state_->wanted);
}

bool Page::passage_in_sight() const {
  const State& s = *state_;
  if (!s.shown_at || s.layout.strips.empty()) return s.shown_at.has_value();
  if (s.reveal || s.scroller.moving()) return true;
  const float y = s.top_of(*s.shown_at) - s.scroller.position();
  return y > -s.view_height * 0.1f && y < s.view_height;
}

std::optional<Page::LinkSpot> Page::link_under_mouse() const {
  return state_->hovered ? std::optional(state_->on_screen(*state_->hovered)) : std::nullopt;
}

std::vector<Page::LinkSpot> Page::links_in_sight(std::string_view scheme) const {
  const State& s = *state_;
  const float top = s.view_top - s.origin.y;
  std::vector<LinkSpot> spots;
  for (const LinkPlace& place : links_between(s.flow, s.layout, top, top + s.view_height, scheme))
    spots.push_back(s.on_screen(place));
  return spots;
}

std::optional<std::string> Page::draw(const Theme& theme, DirectiveHost& host) {
  State& s = *state_;
  collect_textures();
  if (s.strings != theme.strings) {
    s.strings = theme.strings;
    s.set_flow(s.flow.document);
  }
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float bar = ImGui::GetStyle().ScrollbarSize;
  s.view_height = room.y;
  const auto [left, width, margin] = s.column(theme, ImGui::GetCursorScreenPos().x, room.x);
  s.update_layout(theme, width, margin);
  s.update_scroll(theme);

  const float scroll = std::round(s.scroller.position());
  ImGui::SetNextWindowContentSize({0, s.limit(theme) + s.view_height});
  if (scroll != s.window_scroll) ImGui::SetNextWindowScroll({-1, scroll});
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_vec(theme.colors().paper));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::BeginChild(
      "page", room, ImGuiChildFlags_None,
      ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_AlwaysVerticalScrollbar);
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
  s.window_scroll = ImGui::GetScrollY();
  if (std::abs(s.window_scroll - scroll) > 1.5f) {     // the scrollbar was dragged, or the focus moved
    s.pinned.reset();
    s.scroller.jump(s.window_scroll);
  }
  s.take_wheel(theme, ImGui::GetCurrentWindow());

  // One item under everything takes the mouse where no lab does.
  const ImVec2 view = ImGui::GetWindowPos();
  ImGui::SetCursorScreenPos(view);
  ImGui::PushItemFlag(ImGuiItemFlags_NoNav, true);
  ImGui::SetNextItemAllowOverlap();
  ImGui::InvisibleButton("text", {std::max(1.f, room.x - bar), std::max(1.f, room.y)});
  ImGui::PopItemFlag();
  s.view_top = view.y;
  s.origin = {left, view.y + std::round(theme.px(top_margin)) - s.window_scroll};
  const std::optional<std::string> clicked = s.handle_mouse(theme, host, view, left);
  s.handle_keys();
  s.draw_strips(theme, host, view, left);
  ImGui::EndChild();
  return clicked;
}

float Page::column_end(const Theme& theme, float region, float room) const {
  const auto column = state_->column(theme, region, room);
  return column.left + column.width;
}

PagePlace Page::place() const { return state_->place(); }
void Page::go_to(const PagePlace& place) { state_->pinned = place; }

void Page::scroll_by(float pixels) {
  state_->pinned.reset();
  state_->scroller.glide(state_->scroller.target() + pixels);
}

// A page less two lines, which connect it to the last one.
void Page::scroll_pages(float pages) { scroll_by(pages * std::max(0.85f * state_->view_height, 40.f)); }
bool Page::animating() const {
  return state_->scroller.moving() || state_->reveal.has_value() || state_->dragging_beyond;
}

int Page::find(std::string_view text) {
  state_->wanted = text;
  state_->shown.reset();
  state_->shown_at.reset();
  state_->finder.search(state_->flow, text);
  return static_cast<int>(state_->finder.matches().size());
}

void Page::find_step(int direction) {
  State& s = *state_;
  const std::size_t strip = s.layout.strips.empty() ? 0 : s.layout.strip_at(s.scroller.position());
  const Offset from = s.layout.strips.empty() ? 0 : s.flow.leaves[s.layout.strips[strip].leaf].range.begin;
  const int match = s.finder.step(direction, from);
  if (match >= 0) s.reveal = s.finder.matches()[static_cast<std::size_t>(match)].begin;
}

int Page::find_current() const { return state_->finder.current() + 1; }
std::string Page::selected_text() const { return std::string(state_->flow[state_->selection.range()]); }
void Page::copy() const { state_->copy(); }
int Page::layouts() const { return state_->layouts; }

}  // namespace tb::viewer
