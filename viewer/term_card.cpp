#include "viewer/term_card.h"

#include <algorithm>
#include <cmath>

#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;
constexpr double kRest = 0.25;                             // seconds that the mouse rests before a card shows
constexpr float kWidth = 380, kPadding = 16;               // at scale 1

}  // namespace

void TermCard::hold(const Page& page) {
  const auto clicked = page.link_under_mouse();
  if (!clicked) return;
  for (const Page::LinkSpot& spot : page.links_in_sight(book::term_scheme))
    if (spot.target == clicked->target && spot.at <= clicked->at) held_ = spot.at;   // its first line, if it has two
  appearing_ = held_.has_value();
}

void TermCard::step(const Page& page) {
  const auto spots = page.links_in_sight(book::term_scheme);
  if (spots.empty()) return;
  const auto next = std::find_if(spots.begin(), spots.end(), [&](const Page::LinkSpot& spot) {
    return !held_ || spot.at > *held_;
  });
  held_ = (next == spots.end() ? spots.front() : *next).at;
  appearing_ = true;
}

// True where the learner wants to go to the place that explains the term.
bool TermCard::draw_card(const Theme& theme, const book::Term& term, const Page::LinkSpot& spot,
                         const std::string& see) {
  const figure::Palette& c = theme.colors();
  const std::string language(theme.strings->language()), other = language == "en" ? "ru" : "en";
  const float pad = theme.px(kPadding), inner = theme.px(kWidth) - 2 * pad;
  const float body = theme.px(15), step = body * kLeading;
  const auto lines = wrap_lines(theme.fonts.ui, body, term.definition.at(language), inner);
  const float text_height = static_cast<float>(lines.size()) * step;
  const ImVec2 size(theme.px(kWidth), 2 * pad + theme.px(28) + text_height + (see.empty() ? 0 : theme.px(32)));

  // Under the word, or above it where there is no room.
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 low = viewport->Pos, high(low.x + viewport->Size.x, low.y + viewport->Size.y);
  const float gap = theme.px(6), edge = theme.px(12);
  const float x = std::clamp(spot.min.x - pad, low.x + edge, std::max(low.x + edge, high.x - size.x - edge));
  const bool below = spot.max.y + gap + size.y + edge < high.y - theme.px(30);
  const float y = below ? spot.max.y + gap : std::max(low.y + edge, spot.min.y - gap - size.y);

  ImGui::SetNextWindowPos({std::round(x), std::round(y)});
  ImGui::SetNextWindowSize(size);
  if (appearing_) ImGui::SetNextWindowFocus();
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(pad, pad));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.f, theme.scale));
  ImGui::Begin("term", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoNav |
                   (held_ ? ImGuiWindowFlags_None : ImGuiWindowFlags_NoInputs));
  ImGui::PopStyleVar(2);
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
  const bool inside = ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  if (held_ && !appearing_ && !inside && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) held_.reset();
  appearing_ = false;
  ImGui::End();
  ImGui::PopStyleColor();
  return go;
}

std::optional<std::string> TermCard::draw(const Theme& theme, const Page& page,
                                          const std::function<std::string(const std::string&)>& name_of) {
  waiting_ = false;
  std::optional<Page::LinkSpot> spot;
  if (held_) {
    for (const Page::LinkSpot& known : page.links_in_sight(book::term_scheme))
      if (known.at == *held_) spot = known;
    if (!spot) held_.reset();                              // its word was scrolled out of sight
  }
  if (!held_) {
    spot = page.link_under_mouse();
    if (spot && !spot->target.starts_with(book::term_scheme)) spot.reset();
    const std::optional<std::size_t> at = spot ? std::optional(spot->at) : std::nullopt;
    if (at != under_mouse_) since_ = Clock::now();
    under_mouse_ = at;
    if (!spot) return std::nullopt;
    waiting_ = std::chrono::duration<double>(Clock::now() - since_).count() < kRest;
    if (waiting_ || ImGui::IsMouseDown(ImGuiMouseButton_Left)) return std::nullopt;
  }
  const book::Term* term = glossary_.find(spot->target.substr(book::term_scheme.size()));
  if (!term) return std::nullopt;
  const bool by_key = held_ && !ImGui::GetIO().WantTextInput && ImGui::IsKeyPressed(ImGuiKey_Enter, false);
  const bool go = draw_card(theme, *term, *spot, term->see.empty() ? "" : name_of(term->see));
  if ((!go && !by_key) || term->see.empty()) return std::nullopt;
  held_.reset();
  return term->see;
}

}  // namespace tb::viewer
