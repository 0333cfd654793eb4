// A lab that stands elsewhere than in the text: over the whole window, or beside the text while one reads on.
#include <algorithm>
#include <cmath>

#include "viewer/enlarged_lab.h"
#include "viewer/reader_state.h"

namespace tb::viewer {

namespace {

// Of one beside the text, and the paper around it; pixels at scale 1.
constexpr float kNarrowest = 415, kBeside = 12, kAround = 28;

}  // namespace

// The page is not drawn meanwhile, so it is where it was.
void Reader::State::draw_enlarged(ImVec2 origin, ImVec2 size) {
  draw_enlarged_lab(directives, theme, origin, size, enlarged_scroll);
}

// What is left of the window for the page: all of it, unless a lab stands beside the text. Then the page ends behind
// its column, which stays where it is.
float Reader::State::room_of_page(ImVec2 origin, ImVec2 size) {
  const float end = page.column_end(theme, origin.x, size.x);
  const float page_end = end + theme.px(2 * kBeside) + ImGui::GetStyle().ScrollbarSize;
  const float lacking = theme.px(kNarrowest + 2 * kBeside) - (origin.x + size.x - page_end);
  const auto pixels = [&](float width) { return std::to_string(static_cast<int>(std::ceil(width / display_scale))); };
  const float window = ImGui::GetIO().DisplaySize.x;
  // The column is in the middle: of what is added to the window, half is ours.
  const std::vector<std::string> wanted = {pixels(window + 2 * lacking), pixels(window)};
  directives.set_room_beside(lacking <= 0 ? std::string() : theme.strings->format("card.no-room", wanted));
  return directives.is_pinned() ? page_end - origin.x : size.x;
}

void Reader::State::draw_pinned(ImVec2 origin, ImVec2 size) {
  ImGui::SetCursorScreenPos(origin);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::BeginChild("pinned", size, ImGuiChildFlags_AlwaysUseWindowPadding);
  ImGui::PopStyleVar();
  const float width = ImGui::GetContentRegionAvail().x - 2 * theme.px(kBeside);
  const ImVec2 top = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos({top.x + theme.px(kBeside), top.y + theme.px(kAround)});
  directives.draw_pinned(width);
  ImGui::Dummy({0, theme.px(kAround)});
  ImGui::EndChild();
}

// The keys of exercises; and while one has the window, those that are about the page do nothing, and those that go
// elsewhere give the window back.
bool Reader::State::act_exercise(Action action) {
  if (directives.exercises().act(action)) return true;
  if (!directives.exercises().is_open()) return false;
  switch (action) {
    case Action::next_section:
    case Action::previous_section:
    case Action::back:
    case Action::forward:
    case Action::search:
    case Action::present:
    case Action::contents: directives.exercises().close(); return false;
    case Action::palette:
    case Action::marks:
    case Action::progress:
    case Action::language:
    case Action::theme:
    case Action::larger:
    case Action::smaller:
    case Action::normal_size:
    case Action::leave:
    case Action::full_screen:
    case Action::model:
    case Action::help: return false;
    default: return true;
  }
}

// While a lab has the window, keys that move on the page move in it, and those that go elsewhere give the window back.
bool Reader::State::act_enlarged(Action action) {
  if (!directives.is_enlarged()) return false;
  const float page_step = 0.8f * ImGui::GetIO().DisplaySize.y, end = 1e7f;
  switch (action) {
    case Action::page_down: enlarged_scroll += page_step; return true;
    case Action::page_up: enlarged_scroll -= page_step; return true;
    case Action::line_down: enlarged_scroll += theme.px(kLineStep); return true;
    case Action::line_up: enlarged_scroll -= theme.px(kLineStep); return true;
    case Action::to_start: enlarged_scroll = -end; return true;
    case Action::to_end: enlarged_scroll = end; return true;
    case Action::bookmark:
    case Action::note:
    case Action::term: return true;                       // these are about the text
    case Action::next_section:
    case Action::previous_section:
    case Action::back:
    case Action::forward:
    case Action::search:
    case Action::find:
    case Action::contents: directives.shrink_lab(); return false;
    default: return false;
  }
}

}  // namespace tb::viewer
