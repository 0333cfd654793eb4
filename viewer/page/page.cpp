#include "viewer/page/page.h"

#include <algorithm>
#include <cmath>

#include "viewer/page/page_state.h"

namespace tb::viewer {

Page::Page() : state_(std::make_unique<State>()) {}
Page::~Page() = default;

void Page::show(std::shared_ptr<const book::Document> document, Listing listing) {
  state_->listing = std::move(listing);
  state_->shown.reset();
  state_->shown_at.reset();
  state_->set_flow(std::move(document));
  state_->layout = {};
  state_->pinned = PagePlace{};
  state_->alone.reset();
  state_->marked.clear();
}

void Page::show_section(std::string anchor, int screen) {
  state_->alone = State::Alone{std::move(anchor), screen, {}, {}};
  state_->pinned = PagePlace{};
}

void Page::show_screen_of(std::size_t block) {
  State& s = *state_;
  if (!s.alone) return;
  const auto next = std::upper_bound(s.alone->tops.begin(), s.alone->tops.end(), top_of_block(s.flow, s.layout, block));
  const auto screen = std::max<std::ptrdiff_t>(next - s.alone->tops.begin() - 1, 0);
  show_section(std::string(s.alone->anchor), static_cast<int>(screen));
}

Page::Screens Page::screens() const {
  const State& s = *state_;
  if (!s.alone || s.alone->tops.empty()) return {};
  return {static_cast<int>(s.screen()), static_cast<int>(s.alone->tops.size())};
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
  const Extent readable = s.text_in_view();
  std::vector<LinkSpot> spots;
  for (const LinkPlace& place : links_between(s.flow, s.layout, std::max(top, readable.top),
                                              std::min(top + s.view_height, readable.bottom), scheme))
    spots.push_back(s.on_screen(place));
  return spots;
}

std::vector<Page::BlockSpot> Page::blocks_in_sight() const {
  const State& s = *state_;
  std::vector<BlockSpot> spots;
  if (s.layout.strips.empty()) return spots;
  const float top = s.view_top - s.origin.y, bottom = top + s.view_height;
  for (std::size_t i = s.layout.strip_at(top); i < s.layout.strips.size() && s.layout.strips[i].y < bottom; ++i) {
    const Strip& strip = s.layout.strips[i];
    if (strip.y + strip.height <= top) continue;         // below the last one there is nothing
    const std::size_t block = s.flow.leaves[strip.leaf].block;
    const float y = s.origin.y + strip.y;
    if (spots.empty() || spots.back().block != block)
      spots.push_back({block, {s.origin.x, y}, {s.origin.x + s.layout.width, y}});
    spots.back().max.y = y + strip.height;
  }
  return spots;
}

float Page::gutter() const { return state_->gutter; }

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
  s.gutter = left - ImGui::GetCursorScreenPos().x;
  s.update_layout(theme, width, margin);
  s.update_scroll(theme);

  const float scroll = std::round(s.scroller.position());
  ImGui::SetNextWindowContentSize({0, s.limit(theme) + s.view_height});
  if (scroll != s.window_scroll) ImGui::SetNextWindowScroll({-1, scroll});
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_vec(theme.colors().paper));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  const auto bars = s.alone ? ImGuiWindowFlags_NoScrollbar : ImGuiWindowFlags_AlwaysVerticalScrollbar;
  ImGui::BeginChild("page", room, ImGuiChildFlags_None,
                    ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoSavedSettings | bars);
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
  s.draw_notes(theme);
  ImGui::EndChild();
  return clicked;
}

float Page::column_end(const Theme& theme, float region, float room) const {
  const auto column = state_->column(theme, region, room);
  return column.left + column.width;
}

PagePlace Page::place() const { return state_->place(); }

void Page::go_to(const PagePlace& place) {
  State& s = *state_;
  s.pinned = place;
  const bool is_block = s.flow.document && s.flow.anchors.contains(place.anchor) && !s.is_section(place.anchor);
  s.marked = is_block ? place.anchor : "";
}

bool Page::has(const std::string& anchor) const { return state_->flow.anchors.contains(anchor); }

std::string Page::marked() const { return state_->marked; }

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
