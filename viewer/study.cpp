#include "viewer/study.h"

#include <algorithm>

#include "viewer/widgets/icon.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {
constexpr float kEdge = 0.15f;                             // of the view's height
}

void Study::show(std::string chapter, const book::Document& document) {
  chapter_ = std::move(chapter);
  outline_ = book::outline(document);
  reading_.begin(outline_);
  standings_of_ = ~std::uint64_t{0};
}

void Study::see(const Page& page, ImVec2 view_min, ImVec2 view_max, double now) {
  const auto spots = page.blocks_in_sight();
  if (spots.empty()) return look_away(now);
  // One reads in the middle: what only looks in at the top or the bottom of the view is not read meanwhile.
  const float edge = kEdge * (view_max.y - view_min.y);
  std::size_t first = spots.back().block + 1, end = 0, whole_end = 0;
  for (const Page::BlockSpot& spot : spots) {
    if (spot.max.y > view_min.y + edge) first = std::min(first, spot.block);
    if (spot.min.y < view_max.y - edge) end = spot.block + 1;
    if (spot.max.y <= view_max.y) whole_end = spot.block + 1;
  }
  mark(reading_.see(now, std::min(first, end), end, std::min(whole_end, end)));
}

void Study::look_away(double now) { mark(reading_.look_away(now)); }

void Study::mark(const std::vector<std::size_t>& read) {
  for (const std::size_t section : read)
    (void)learner_.mark(book::Mark::Kind::read, chapter_, outline_[section].anchor);   // Learner::error says what failed
}

const std::vector<book::Standing>& Study::sections() {
  if (standings_of_ != learner_.version()) {
    standings_.clear();
    for (const book::SectionOutline& section : outline_)
      standings_.push_back(book::standing(chapter_, section, learner_.traces()));
    standings_of_ = learner_.version();
  }
  return standings_;
}

book::Standing Study::chapter() {
  book::Standing sum;
  for (const book::Standing& each : sections()) sum += each;
  return sum;
}

bool Study::draw_summary(const Page& page) {
  if (outline_.empty()) return false;
  const auto spots = page.blocks_in_sight();
  const auto end = std::find_if(spots.begin(), spots.end(),
                                [this](const auto& spot) { return spot.block + 1 == outline_.back().end_block; });
  if (end == spots.end()) return false;
  const Page::BlockSpot& last = *end;
  const float width = last.max.x - last.min.x, edge = theme_.px(24);
  const float pixels = theme_.px(14);
  const std::string text = standing_text(chapter(), *theme_.strings, [&](const std::string& line) {
    return label_width(theme_.fonts.ui, pixels, line) <= width - edge;
  });
  const auto lines = wrap_lines(theme_.fonts.ui, pixels, text, width - edge);
  const float height = static_cast<float>(lines.size()) * pixels * kLeading + theme_.px(40);
  // A window of its own, since the page's lies over what is drawn in ours.
  ImGui::SetCursorScreenPos({last.min.x, last.max.y + theme_.px(36)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::BeginChild("summary", {width, height}, ImGuiChildFlags_None,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoBackground);
  ImGui::PopStyleVar();
  const ImVec2 at = ImGui::GetWindowPos();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddLine(at, {at.x + width, at.y}, to_imgui(theme_.colors().rule), std::max(1.f, theme_.scale));
  ImGui::SetCursorScreenPos({at.x, at.y + theme_.px(10)});
  const bool begun = chapter().begun();
  if (begun) draw_standing(list, chapter(), theme_, {at.x + theme_.px(7), at.y + theme_.px(10) + pixels * 0.68f});
  ImGui::SetCursorScreenPos({at.x + (begun ? edge : 0), at.y + theme_.px(10)});
  draw_wrapped(theme_, theme_.fonts.ui, 14, theme_.colors().muted, text, width - edge);
  ImGui::SetCursorScreenPos({at.x + (begun ? edge : 0) - theme_.px(5), ImGui::GetCursorScreenPos().y});
  const bool clicked = quiet_button(theme_, "###all-progress", theme_.strings->get("progress.all"), 14);
  ImGui::EndChild();
  return clicked;
}

std::string standing_text(const book::Standing& standing, const Strings& strings,
                          const std::function<bool(const std::string& line)>& fits) {
  std::string text, line;
  const auto add = [&](const char* key, const book::Count& count) {
    if (count.of == 0) return;
    const std::string part = strings.format(key, {std::to_string(count.done), std::to_string(count.of)});
    const std::string longer = line + "  ·  " + part;
    const bool beside = !line.empty() && (!fits || fits(longer));
    if (!line.empty()) text += beside ? "  ·  " : "\n";
    text += part;
    line = beside ? longer : part;
  };
  add("progress.read", standing.read);
  add("progress.tried", standing.tried);
  add("progress.answered", standing.answered);
  add("progress.solved", standing.solved);
  return text;
}

void draw_standing(ImDrawList& list, const book::Standing& standing, const Theme& theme, ImVec2 center) {
  const ImU32 color = to_imgui(theme.colors().muted);
  if (standing.complete()) draw_icon(list, Icon::right, center, theme.px(11), color);
  else if (standing.begun()) list.AddCircleFilled(center, theme.px(2.5f), color);
}

}  // namespace tb::viewer
