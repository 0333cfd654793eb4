#include "viewer/symbol_card.h"

#include <algorithm>
#include <cmath>

#include "viewer/page/sheet.h"
#include "viewer/widgets/card.h"

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;
constexpr double kRest = 0.25;                             // seconds that the mouse rests before a card shows
constexpr float kWidth = 400;                              // at scale 1

}  // namespace

std::vector<book::Explained> SymbolCard::of_formula(const Page::FormulaSpot& spot, const std::string& chapter) const {
  auto all = book::explain(spot.latex, symbols_, chapter + "#" + spot.section);
  std::erase_if(all, [](const book::Explained& each) { return each.symbol == nullptr; });
  return all;
}

// The outermost one that is explained with its scripts, else the innermost that is explained at all.
std::vector<book::Explained> SymbolCard::under_mouse(const Page::FormulaSpot& spot, const std::string& chapter) const {
  const std::string place = chapter + "#" + spot.section;
  for (const auto& names : spot.names)
    if (const auto* symbol = symbols_.find(names.front(), place)) return {{names.front(), symbol}};
  for (auto names = spot.names.rbegin(); names != spot.names.rend(); ++names)
    for (const std::string& name : *names)
      if (const auto* symbol = symbols_.find(name, place)) return {{name, symbol}};
  return {};
}

// A paragraph each; where it can be clicked the meaning leads to where its term is explained.
book::Document SymbolCard::sentences(const Strings& strings, const std::vector<book::Explained>& explained) const {
  const std::string language(strings.language());
  std::string markdown;
  for (const auto& [name, symbol] : explained) {
    const book::Term* term = glossary_.find(symbol->term);
    std::string meaning = symbol->meaning.at(language);
    if (held_ && term && !term->see.empty()) meaning = "[" + meaning + "](" + term->see + ")";
    markdown += symbol->shape.empty() ? strings.format("symbol.one", {name, meaning})
                                      : strings.format("symbol.shaped", {name, meaning, symbol->shape});
    markdown += "\n\n";
  }
  return book::parse_document(markdown, "", language);
}

void SymbolCard::step(const Page& page, const std::string& chapter) {
  auto spots = page.formulas_in_sight();
  std::erase_if(spots, [&](const Page::FormulaSpot& spot) { return of_formula(spot, chapter).empty(); });
  if (spots.empty()) return;
  const auto next = std::find_if(spots.begin(), spots.end(), [&](const Page::FormulaSpot& spot) {
    return !held_ || spot.at > *held_;
  });
  held_ = (next == spots.end() ? spots.front() : *next).at;
  appearing_ = true;
}

std::optional<std::string> SymbolCard::draw(const Theme& theme, Page& page, const std::string& chapter) {
  waiting_ = false;
  std::optional<Page::FormulaSpot> spot;
  std::vector<book::Explained> shown;
  if (held_) {
    for (const Page::FormulaSpot& known : page.formulas_in_sight())
      if (known.at == *held_) spot = known;
    if (spot) shown = of_formula(*spot, chapter);
    if (shown.empty()) held_.reset();                      // it was scrolled out of sight
  }
  if (!held_) {
    spot = page.symbol_under_mouse();
    if (spot) shown = under_mouse(*spot, chapter);
    const std::string at = shown.empty() ? "" : shown.front().name + " " + std::to_string(spot->at);
    if (at != resting_on_) since_ = Clock::now();
    resting_on_ = at;
    if (shown.empty()) return std::nullopt;
    waiting_ = std::chrono::duration<double>(Clock::now() - since_).count() < kRest;
    if (waiting_ || ImGui::IsMouseDown(ImGuiMouseButton_Left)) return std::nullopt;
  }
  const Theme type = page::small_print(theme);
  std::string name = (held_ ? "symbols of " : "symbol in ") + spot->section;
  for (const book::Explained& each : shown) name += " " + each.name;
  const auto make = [&] { return std::optional(sentences(*theme.strings, shown)); };
  const page::Sheet* sheet = page.sheet(type, name, std::floor(theme.px(kWidth - 2 * card_padding)), make);
  if (!sheet) return std::nullopt;
  begin_card(theme, "symbols", {spot->min, spot->max, sheet->size()}, held_.has_value(), appearing_);
  const ImVec2 corner = ImGui::GetCursorScreenPos(), mouse = ImGui::GetIO().MousePos;
  const bool over = held_ && ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  const int link = over ? sheet->link_at(mouse.x - corner.x, mouse.y - corner.y) : -1;
  sheet->draw(*ImGui::GetWindowDrawList(), type, corner, link);
  std::optional<std::string> to;
  if (link >= 0) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !appearing_) {
    if (link >= 0) to = sheet->target(link);
    if (link >= 0 || !over) held_.reset();
  }
  appearing_ = false;
  end_card();
  return to;
}

}  // namespace tb::viewer
