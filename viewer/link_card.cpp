#include "viewer/link_card.h"

#include <algorithm>
#include <cmath>

#include "book/footnotes.h"
#include "viewer/page/sheet.h"
#include "viewer/widgets/card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;
constexpr double kRest = 0.25;                             // seconds that the mouse rests before a card shows
constexpr float kWidth = 380, kBlockWidth = 560;           // at scale 1; for a formula, figure or table

bool is_term(const std::string& target) { return target.starts_with(book::term_scheme); }

}  // namespace

bool LinkCard::has_card(const Page& page, const std::string& target) const {
  return is_term(target) || page.leads_to(target).has_value();
}

void LinkCard::hold(const Page& page) {
  const auto clicked = page.link_under_mouse();
  if (!clicked || page.in_margin(clicked->target)) return;
  for (const Page::LinkSpot& spot : page.links_in_sight(""))
    if (spot.target == clicked->target && spot.at <= clicked->at) held_ = spot.at;   // its first line, if it has two
  appearing_ = held_.has_value();
}

void LinkCard::step(const Page& page, Kind kind) {
  auto spots = page.links_in_sight("");
  std::erase_if(spots, [&](const Page::LinkSpot& spot) {
    return is_term(spot.target) != (kind == Kind::term) || !has_card(page, spot.target);
  });
  if (spots.empty()) return;
  const auto next = std::find_if(spots.begin(), spots.end(), [&](const Page::LinkSpot& spot) {
    return !held_ || spot.at > *held_;
  });
  held_ = (next == spots.end() ? spots.front() : *next).at;
  appearing_ = true;
}

void LinkCard::close_by_click() {
  const bool inside = ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  if (held_ && !appearing_ && !inside && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) held_.reset();
  appearing_ = false;
}

// True where the learner wants to go to the place that explains the term.
bool LinkCard::draw_term(const Theme& theme, const book::Term& term, const Page::LinkSpot& spot,
                         const std::string& see) {
  const figure::Palette& c = theme.colors();
  const std::string language(theme.strings->language()), other = language == "en" ? "ru" : "en";
  const float inner = theme.px(kWidth - 2 * card_padding);
  const float body = theme.px(15), step = body * kLeading;
  const auto lines = wrap_lines(theme.fonts.ui, body, term.definition.at(language), inner);
  const float text_height = static_cast<float>(lines.size()) * step;
  const ImVec2 inside{inner, theme.px(28) + text_height + (see.empty() ? 0 : theme.px(32))};
  begin_card(theme, "term", {spot.min, spot.max, inside}, held_.has_value(), appearing_);

  ImDrawList* const list = ImGui::GetWindowDrawList();
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const float title = theme.px(17), small = theme.px(14);
  const std::string name = shortened(theme.fonts.ui_bold, title, term.name.at(language), inner);
  const float name_width = label_width(theme.fonts.ui_bold, title, name);
  list->AddText(theme.fonts.ui_bold, title, top, to_imgui(c.ink), name.c_str());
  if (term.name.at(other) != term.name.at(language))       // what it is called in the other language
    list->AddText(theme.fonts.ui, small, {top.x + name_width + theme.px(10), top.y + title - small},
                  to_imgui(c.muted),
                  shortened(theme.fonts.ui, small, term.name.at(other), inner - name_width - theme.px(10)).c_str());
  float line_y = top.y + theme.px(28);
  for (const std::string_view line : lines) {
    list->AddText(theme.fonts.ui, body, {top.x, std::round(line_y)}, to_imgui(c.ink), line.data(),
                  line.data() + line.size());
    line_y += step;
  }
  bool go = false;
  if (!see.empty()) {
    ImGui::SetCursorScreenPos({top.x - theme.px(5), line_y + theme.px(8)});
    go = quiet_button(theme, "see", shortened(theme.fonts.ui, small, theme.strings->format("term.see", {see}), inner));
  }
  close_by_click();
  end_card();
  return go;
}

// A link in it that was clicked.
std::optional<std::string> LinkCard::draw_excerpt(const Theme& theme, Page& page, const Page::LinkSpot& spot) {
  const auto kind = page.leads_to(spot.target);
  const bool block = kind == book::Excerpt::Kind::block;
  const float room = ImGui::GetMainViewport()->Size.x - theme.px(2 * card_padding + 24);
  const float width = std::min(theme.px((block ? kBlockWidth : kWidth) - 2 * card_padding), room);
  const Theme type = block ? theme : page::small_print(theme);
  const page::Sheet* sheet = page.excerpt(type, spot.target, std::floor(width));
  if (!sheet) return std::nullopt;
  begin_card(theme, "reference", {spot.min, spot.max, sheet->size()}, held_.has_value(), appearing_);
  const ImVec2 corner = ImGui::GetCursorScreenPos(), mouse = ImGui::GetIO().MousePos;
  const bool over = ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  const int link = over ? sheet->link_at(mouse.x - corner.x, mouse.y - corner.y) : -1;
  sheet->draw(*ImGui::GetWindowDrawList(), type, corner, link);
  std::optional<std::string> clicked;
  if (link >= 0) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) pressed_ = link >= 0 ? sheet->target(link) : "";
  if (link >= 0 && ImGui::IsMouseReleased(ImGuiMouseButton_Left) && sheet->target(link) == pressed_) clicked = pressed_;
  close_by_click();
  end_card();
  return clicked;
}

std::optional<std::string> LinkCard::draw(const Theme& theme, Page& page,
                                          const std::function<std::string(const std::string&)>& name_of) {
  waiting_ = false;
  std::optional<Page::LinkSpot> spot;
  if (held_) {
    for (const Page::LinkSpot& known : page.links_in_sight(""))
      if (known.at == *held_ && has_card(page, known.target)) spot = known;
    if (!spot) held_.reset();                              // it was scrolled out of sight
  }
  if (!held_) {
    spot = page.link_under_mouse();
    if (spot && (!has_card(page, spot->target) || page.in_margin(spot->target))) spot.reset();
    const std::optional<std::size_t> at = spot ? std::optional(spot->at) : std::nullopt;
    if (at != under_mouse_) since_ = Clock::now();
    under_mouse_ = at;
    if (!spot) return std::nullopt;
    waiting_ = std::chrono::duration<double>(Clock::now() - since_).count() < kRest;
    if (waiting_ || ImGui::IsMouseDown(ImGuiMouseButton_Left)) return std::nullopt;
  }
  const bool by_key = held_ && !ImGui::GetIO().WantTextInput && ImGui::IsKeyPressed(ImGuiKey_Enter, false);
  std::optional<std::string> to;
  if (is_term(spot->target)) {
    const book::Term* term = glossary_.find(spot->target.substr(book::term_scheme.size()));
    if (!term) return std::nullopt;
    const bool go = draw_term(theme, *term, *spot, term->see.empty() ? "" : name_of(term->see));
    if ((go || by_key) && !term->see.empty()) to = term->see;
  } else {
    to = draw_excerpt(theme, page, *spot);
    if (by_key && spot->target.starts_with('#')) to = spot->target;
  }
  if (to) held_.reset();
  return to;
}

}  // namespace tb::viewer
