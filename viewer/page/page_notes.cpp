// The chapter's footnotes beside the text, where the window has room for them; and what links within the chapter lead
// to, for cards.
#include <algorithm>
#include <cmath>
#include <set>

#include "book/footnotes.h"
#include "viewer/page/page_state.h"

namespace tb::viewer {

namespace {

constexpr float note_gap = 30, note_width = 250, narrowest_note = 170;   // at scale 1; the gap: from the column
constexpr float between_notes = 16, number_width = 16;

}  // namespace

Setting Page::State::setting(const Theme& theme, float width) {
  const auto no_directive = [](const book::Directive&) { return 0.f; };
  return {theme, width, *formulas, images, no_directive, 0};
}

// Each beside the line that mentions it first.
void Page::State::set_notes(const Theme& theme, float margin) {
  notes.clear();
  const float room = std::min(margin - theme.px(note_gap + number_width), theme.px(note_width));
  if (room < theme.px(narrowest_note) || !flow.document || flow.document->notes.empty()) return;
  const Theme small = small_print(theme);
  std::set<std::string> met;
  for (std::size_t i = 0; i < layout.strips.size(); ++i)
    for (const Line& line : layout.lines_of(layout.strips[i]))
      for (const Fragment& fragment : layout.fragments_of(line)) {
        const std::string& target = fragment.link < 0 ? "" : flow.links[static_cast<std::size_t>(fragment.link)];
        if (!target.starts_with(book::note_scheme) || !met.insert(target).second) continue;
        auto note = book::excerpt(*flow.document, target);
        if (!note) continue;
        Sheet sheet(std::move(note->document), strings, setting(small, std::floor(room)));
        const float top = line.y + line.baseline - sheet.first_baseline();
        notes.push_back({target, std::string(flow[fragment.range]), std::move(sheet), i, top, 0});
      }
  place_notes(theme);
}

// Below the one before, and not over code that reaches into the margin.
void Page::State::place_notes(const Theme& theme) {
  notes_moved = false;
  if (notes.empty()) return;
  std::vector<Extent> taken;
  for (const Strip& strip : layout.strips)
    for (std::size_t i = strip.first_ornament; i < strip.first_ornament + strip.ornament_count; ++i)
      if (const Ornament& o = layout.ornaments[i]; o.x + o.width > layout.width + 1)
        taken.push_back({strip.y + o.y, strip.y + o.y + o.height});
  const float gap = std::round(theme.px(between_notes));
  float free = -1e9f;
  auto next = taken.begin();
  for (MarginNote& note : notes) {
    const float height = note.sheet.size().y;
    note.y = std::max(layout.strips[note.strip].y + note.top, free);
    while (next != taken.end() && next->bottom + gap <= note.y) ++next;
    for (auto at = next; at != taken.end() && at->top < note.y + height + gap; ++at)
      note.y = std::max(note.y, at->bottom + gap);
    free = note.y + height + gap;
  }
}

ImVec2 Page::State::corner_of(const Theme& theme, const MarginNote& note) const {
  return {std::round(origin.x + layout.width + theme.px(note_gap + number_width)), std::round(origin.y + note.y)};
}

void Page::State::draw_notes(const Theme& theme) {
  if (notes_moved) place_notes(theme);
  if (alone) return;                             // who shows a section at a time speaks the notes
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const Theme small = small_print(theme);
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  for (const MarginNote& note : notes) {
    const ImVec2 corner = corner_of(theme, note);
    if (corner.y > view_top + view_height || corner.y + note.sheet.size().y < view_top) continue;
    note.sheet.draw(list, small, corner, note.sheet.link_at(mouse.x - corner.x, mouse.y - corner.y));
    const float size = std::round(theme.px(11));
    const bool lit = hovered && hovered->target == note.target;
    const ImU32 accent = to_imgui(theme.colors().accent);
    list.AddText(theme.fonts.text, size,
                 {corner.x - theme.px(number_width) + theme.px(2), corner.y + std::round(theme.px(2))}, accent,
                 note.number.c_str());
    if (!lit) continue;
    const float x = corner.x - theme.px(number_width + 6), thick = std::max(2.f, std::round(theme.px(2)));
    list.AddRectFilled({x, corner.y}, {x + thick, corner.y + note.sheet.size().y}, accent);
  }
}

const std::string* Page::State::note_link_at(const Theme& theme, ImVec2 point) const {
  if (alone) return nullptr;
  for (const MarginNote& note : notes) {
    const ImVec2 corner = corner_of(theme, note);
    const int link = note.sheet.link_at(point.x - corner.x, point.y - corner.y);
    if (link >= 0) return &note.sheet.target(link);
  }
  return nullptr;
}

bool Page::in_margin(std::string_view target) const {
  const State& s = *state_;
  if (s.alone) return false;
  return std::any_of(s.notes.begin(), s.notes.end(), [&](const State::MarginNote& note) {
    const float top = s.origin.y + note.y;
    return note.target == target && top >= s.view_top && top + note.sheet.size().y <= s.view_top + s.view_height;
  });
}

const Sheet* Page::sheet(const Theme& theme, const std::string& name, float width,
                         const std::function<std::optional<book::Document>()>& make) {
  State& s = *state_;
  if (!s.formulas) return nullptr;
  const auto key = std::pair(name, static_cast<int>(width));
  auto at = s.sheets.find(key);
  if (at == s.sheets.end()) {
    auto document = make();
    std::optional<Sheet> set;
    if (document) set.emplace(std::move(*document), s.strings, s.setting(theme, width));
    at = s.sheets.emplace(key, std::move(set)).first;
  }
  return at->second ? &*at->second : nullptr;
}

Page::Typesetter Page::typesetter() {
  return [this](const Theme& theme, const std::string& name, float width, const std::string& markdown) {
    const std::string language(theme.strings->language());
    return sheet(theme, name, width, [&] { return std::optional(book::parse_document(markdown, "", language)); });
  };
}

std::optional<book::Excerpt::Kind> Page::leads_to(const std::string& target) const {
  const State& s = *state_;
  if (!s.flow.document) return std::nullopt;
  auto [at, is_new] = s.kinds.try_emplace(target);
  if (is_new)
    if (const auto found = book::excerpt(*s.flow.document, target)) at->second = found->kind;
  return at->second;
}

const Sheet* Page::excerpt(const Theme& theme, const std::string& target, float width) {
  return sheet(theme, target, width, [&]() -> std::optional<book::Document> {
    auto found = book::excerpt(*state_->flow.document, target);
    return found ? std::optional(std::move(found->document)) : std::nullopt;
  });
}

}  // namespace tb::viewer
