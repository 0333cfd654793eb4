#include "viewer/tour.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float kWidth = 300, kPadding = 16, kGap = 14;   // pixels at scale 1
constexpr double kPause = 1.2;                            // seconds in which what was done is acknowledged

using Step = Tour::Step;

// In the order of Step.
struct StepInfo {
  const char* name;                                       // of the strings "tour.<name>.title" and ".text"
  std::optional<Landmark> control;
};
const std::array<StepInfo, 9> kSteps = {{{"language", std::nullopt}, {"contents", Landmark::contents},
                                         {"prompt", Landmark::prompt}, {"mark", Landmark::figure},
                                         {"search", Landmark::search}, {"palette", std::nullopt},
                                         {"look", Landmark::colors}, {"seat", Landmark::seat},
                                         {"end", Landmark::keys}}};

const StepInfo& info(Step step) { return kSteps.at(static_cast<std::size_t>(step)); }
bool needs_lab(Step step) { return step == Step::prompt || step == Step::mark || step == Step::seat; }

// A frame around what is pointed at, and a line to it from the nearest point of the card.
void point_at(const Theme& theme, const Area& card, const Sighted& target) {
  ImDrawList* const list = ImGui::GetWindowDrawList();
  list->PushClipRectFullScreen();
  const ImU32 color = to_imgui(theme.colors().accent);
  const float around = theme.px(3), width = std::max(1.f, theme.px(2));
  const ImVec2 low(target.min.x - around, target.min.y - around), high(target.max.x + around, target.max.y + around);
  list->AddRect(low, high, color, theme.px(6), width);
  const auto nearest = [](float a, float b, float from, float to) {   // of [a, b] to the middle of [from, to]
    return std::clamp((std::max(a, from) + std::min(b, to)) / 2, a, b);
  };
  const ImVec2 from(nearest(card.min.x, card.max.x, low.x, high.x), nearest(card.min.y, card.max.y, low.y, high.y));
  const ImVec2 to(std::clamp(from.x, low.x, high.x), std::clamp(from.y, low.y, high.y));
  list->AddLine(from, to, color, width);
  list->PopClipRect();
}

}  // namespace

ImVec2 place_beside(const Area& room, const Area& target, ImVec2 size, float gap) {
  const auto inside = [](float at, float low, float high, float length) {
    return std::max(low, std::min(at, high - length));
  };
  const float level = inside(target.min.y, room.min.y, room.max.y, size.y);
  const float column = inside(target.min.x, room.min.x, room.max.x, size.x);
  if (target.max.x + gap + size.x <= room.max.x) return {target.max.x + gap, level};
  if (target.min.x - gap - size.x >= room.min.x) return {std::min(target.min.x - gap, room.max.x) - size.x, level};
  if (target.max.y + gap + size.y <= room.max.y) return {column, target.max.y + gap};
  if (target.min.y - gap - size.y >= room.min.y) return {column, std::min(target.min.y - gap, room.max.y) - size.y};
  const bool right = target.min.x - room.min.x < room.max.x - target.max.x;
  const bool below = target.min.y - room.min.y < room.max.y - target.max.y;
  return {right ? room.max.x - size.x : room.min.x, below ? room.max.y - size.y : room.min.y};
}

void Tour::begin(bool with_labs) {
  steps_.clear();
  for (std::size_t i = 0; i < kSteps.size(); ++i)
    if (with_labs || !needs_lab(static_cast<Step>(i))) steps_.push_back(static_cast<Step>(i));
  at_ = 0;
  move(0);
}

void Tour::move(int direction) {
  began_.reset();
  opened_ = false;
  fresh_ = true;
  done_at_ = -1;
  if (direction < 0 && at_ == 0) return;
  at_ += static_cast<std::size_t>(direction);
  if (at_ >= steps_.size()) close();
}

bool Tour::is_done(const TourScene& now) {
  const TourScene& then = *began_;
  const auto used = [](Landmark control) {
    const auto seen = sighted(control);
    return seen && seen->in_use;
  };
  switch (step()) {
    case Step::language: return now.language != then.language;
    case Step::contents: return now.anchor != then.anchor || now.contents != then.contents;
    case Step::prompt: return now.edits != then.edits;
    case Step::mark: return used(Landmark::figure);
    case Step::search: return std::exchange(opened_, opened_ || now.search) && !now.search;
    case Step::palette: return std::exchange(opened_, opened_ || now.palette) && !now.palette;
    case Step::look: return now.look != then.look;
    case Step::seat: return now.seated && !then.seated;
    case Step::end: return false;
  }
  return false;
}

Tour::Answer Tour::draw(const Theme& theme, const TourScene& scene) {
  Answer answer;
  if (is_open()) {
    if (!began_) began_ = scene;
    if (done_at_ < 0 && is_done(scene)) done_at_ = ImGui::GetTime();
    if (waiting() && ImGui::GetTime() - done_at_ > kPause) {
      move(+1);
      if (is_open()) began_ = scene;
    }
  }
  if (is_open() && !scene.covered) {
    const auto& control = info(step()).control;
    const auto target = control ? sighted(*control) : std::nullopt;
    const bool lab = fresh_ && needs_lab(step()) && !target;
    fresh_ = false;
    answer = draw_card(theme, target, scene);
    answer.lab = lab;
  }
  forget_landmarks();
  return answer;
}

Tour::Answer Tour::draw_card(const Theme& theme, const std::optional<Sighted>& target, const TourScene& scene) {
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  const float pad = theme.px(kPadding), edge = theme.px(12), inner = theme.px(kWidth) - 2 * pad;
  const std::string key = std::string("tour.") + info(step()).name;
  const std::string words = strings.get(key + ".text");
  const float body = theme.px(15);
  const float text = static_cast<float>(wrap_lines(theme.fonts.ui, body, words, inner).size()) * body * kLeading;
  const ImVec2 size(theme.px(kWidth), 2 * pad + theme.px(24) + text + theme.px(step() == Step::language ? 84 : 40));

  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 low = viewport->Pos, high(low.x + viewport->Size.x, low.y + viewport->Size.y);
  const Area room{{low.x + edge, low.y + edge}, {high.x - edge, high.y - theme.px(30) - edge}};
  ImVec2 at(room.max.x - size.x, room.max.y - size.y);    // what points at nothing stands out of the way
  if (target) {
    Area free{target->min, target->max};                  // of a lab the answer, too, should stay in sight
    if (const auto figure = needs_lab(step()) ? sighted(Landmark::figure) : std::nullopt)
      free = {{std::min(free.min.x, figure->min.x), std::min(free.min.y, figure->min.y)},
              {std::max(free.max.x, figure->max.x), std::max(free.max.y, figure->max.y)}};
    at = place_beside(room, free, size, theme.px(kGap));
  }
  if (step() == Step::language) at = {(low.x + high.x - size.x) / 2, (low.y + high.y - size.y) / 2};
  at = {std::round(at.x), std::round(at.y)};

  ImGui::SetNextWindowPos(at);
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_imgui(c.card));
  ImGui::PushStyleColor(ImGuiCol_Border, to_imgui(c.accent));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(pad, pad));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(8));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.f, theme.px(1.5f)));
  ImGui::Begin("tour", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoNav |
                                    ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoDocking |
                                    ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::PopStyleVar(3);
  ImGui::PopStyleColor(2);
  if (target && step() != Step::language) point_at(theme, {at, {at.x + size.x, at.y + size.y}}, *target);
  const ImVec2 top = ImGui::GetCursorScreenPos();
  draw_label(theme, theme.fonts.ui_bold, 16, c.ink, strings.get(key + ".title"));
  if (waiting()) {
    const std::string well = "✓ " + strings.get("tour.done");
    ImGui::SetCursorScreenPos({top.x + inner - label_width(theme.fonts.ui, theme.px(14), well), top.y});
    draw_label(theme, theme.fonts.ui, 14, c.accent, well);
  }
  ImGui::SetCursorScreenPos({top.x, top.y + theme.px(26)});
  draw_wrapped(theme, theme.fonts.ui, 15, c.ink, words, inner);
  Answer answer;
  if (step() == Step::language) {
    ImGui::SetCursorScreenPos({top.x, top.y + theme.px(34) + text});
    answer.language = draw_languages(theme, scene.language, inner);
  }
  ImGui::SetCursorScreenPos({top.x - theme.px(5), at.y + size.y - pad - theme.px(20)});
  draw_foot(theme, inner + theme.px(10), !scene.inside && !ImGui::GetIO().WantTextInput);
  ImGui::End();
  if (!answer.language.empty() && answer.language == scene.language) move(+1);   // it is that one already
  return answer;
}

// Each in its own name: who does not read the one reads the other.
std::string Tour::draw_languages(const Theme& theme, const std::string& current, float width) {
  const std::array<std::pair<const char*, const char*>, 2> languages = {{{"en", "English"}, {"ru", "Русский"}}};
  const figure::Palette& c = theme.colors();
  const float gap = theme.px(10);
  const bool typing = ImGui::GetIO().WantTextInput;
  std::string chosen;
  ImGui::PushFont(theme.fonts.ui, theme.px(16));
  for (std::size_t i = 0; i < languages.size(); ++i) {
    const auto& [code, name] = languages[i];
    if (i > 0) ImGui::SameLine(0, gap);
    ImGui::PushStyleColor(ImGuiCol_Border, to_imgui(current == code ? c.accent : c.rule));
    const std::string label = std::to_string(i + 1) + "   " + name + "###" + code;
    if (ImGui::Button(label.c_str(), {(width - gap) / 2, theme.px(34)})) chosen = code;
    ImGui::PopStyleColor();
    if (!typing && ImGui::IsKeyPressed(static_cast<ImGuiKey>(ImGuiKey_1 + i), false)) chosen = code;
  }
  ImGui::PopFont();
  return chosen;
}

// How far it is, and the ways out and on; `keys`: left and right arrow are such ways, too.
void Tour::draw_foot(const Theme& theme, float width, bool keys) {
  const Strings& strings = *theme.strings;
  const bool last = at_ + 1 == steps_.size();
  const float small = theme.px(14), left = ImGui::GetCursorScreenPos().x, y = ImGui::GetCursorScreenPos().y;
  const auto pressed = [&](ImGuiKey key) { return keys && ImGui::IsKeyChordPressed(key); };
  const bool end = !last && quiet_button(theme, "end", strings.get("tour.skip"));
  const std::string next = strings.get(last ? "tour.close" : "tour.next") + (last ? "" : " →");
  const float next_width = label_width(theme.fonts.ui, small, next) + theme.px(10);
  const std::string count = strings.format("tour.count", {std::to_string(at_ + 1), std::to_string(steps_.size())});
  ImGui::SetCursorScreenPos({left + width - next_width - theme.px(14) - label_width(theme.fonts.ui, theme.px(13), count),
                             y + theme.px(3)});
  draw_label(theme, theme.fonts.ui, 13, theme.colors().muted, count);
  ImGui::SetCursorScreenPos({left + width - next_width, y});
  const bool on = quiet_button(theme, "next", next, 14, true);
  if (end) close();
  else if (on || pressed(ImGuiKey_RightArrow)) move(+1);
  else if (pressed(ImGuiKey_LeftArrow)) move(-1);
}

}  // namespace tb::viewer
