#include "viewer/status_line.h"

#include <algorithm>
#include <fstream>

#include <unistd.h>

#include "base/numbers.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/landmark.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

namespace {

constexpr float kSize = 13;

std::string described(const ModelInfo& info, const Strings& strings) {
  const std::string lang(strings.language());
  return info.device + "  ·  " + info.weights + "  ·  " +
         strings.plural("status.threads", info.threads) + "  ·  " +
         strings.format("status.memory", {format_bytes(resident_bytes(), lang)});
}

std::string in_place_of(const LostModel& lost, const Strings& strings) {
  return strings.format("status.in-place-of", {lost.name, describe(lost.why, strings).what});
}

// What of a line ends before `right`, a place in the window.
std::string fitting(const Theme& theme, const std::string& line, float right) {
  return shortened(theme.fonts.ui, theme.px(kSize), line, right - ImGui::GetCursorPosX() - theme.px(12));
}

// A click turns it off.
bool draw_own_code(const Theme& theme, const OwnCodeSwitch::Notice& notice, float right) {
  const figure::Palette& c = theme.colors();
  const std::string words = fitting(theme, notice.text, right - theme.px(10));
  ImGui::PushStyleColor(ImGuiCol_Button, to_imgui(notice.trouble ? c.warn : c.accent));
  ImGui::PushStyleColor(ImGuiCol_ButtonHovered, to_imgui(notice.trouble ? c.warn : c.accent));
  ImGui::PushStyleColor(ImGuiCol_ButtonActive, to_imgui(notice.trouble ? c.warn : c.accent));
  ImGui::PushStyleColor(ImGuiCol_Text, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(theme.px(7), theme.px(2)));
  const bool clicked = ImGui::Button((words + "###own-code").c_str());
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(4);
  ImGui::SetItemTooltip("%s", (notice.text + "\n" + theme.strings->get("own-code.off-tip")).c_str());
  return clicked;
}

// True where it was clicked.
bool draw_unkept(const Theme& theme, const Error& error, float right) {
  draw_label(theme, theme.fonts.ui, kSize, theme.colors().warn,
             fitting(theme, describe(error, *theme.strings).what, right));
  if (ImGui::GetItemRectSize().x == 0) return false;         // no room
  ImGui::SetCursorScreenPos(ImGui::GetItemRectMin());
  const bool clicked = ImGui::InvisibleButton("unkept", ImGui::GetItemRectSize());
  error_tooltip(theme, error);
  return clicked;
}

void draw_progress(const Theme& theme, double done) {
  const figure::Palette& c = theme.colors();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = theme.px(120), height = theme.px(4), y = at.y + ImGui::GetTextLineHeight() / 2 - height / 2;
  ImDrawList* lines = ImGui::GetWindowDrawList();
  lines->AddRectFilled({at.x, y}, {at.x + width, y + height}, to_imgui(c.rule), height / 2);
  lines->AddRectFilled({at.x, y}, {at.x + width * static_cast<float>(std::clamp(done, 0.0, 1.0)), y + height},
                       to_imgui(c.accent), height / 2);
  ImGui::Dummy({width, ImGui::GetTextLineHeight()});
}

}  // namespace

std::optional<Action> draw_status_line(const Theme& theme, const ModelView& model, const std::optional<LostModel>& lost,
                                       const OwnCodeSwitch::Notice& own_code,
                                       const std::optional<Error>& unkept) {
  const figure::Palette& c = theme.colors();
  const Strings& strings = *theme.strings;
  std::optional<Action> clicked;
  const ImVec2 origin = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  ImGui::GetWindowDrawList()->AddLine(origin, {origin.x + size.x, origin.y}, to_imgui(c.rule),
                                      std::max(1.f, theme.scale));

  ImGui::PushFont(theme.fonts.ui, theme.px(kSize));
  const std::string hint = strings.get("status.keys");
  const float hint_at = size.x - label_width(theme.fonts.ui, theme.px(kSize), hint) - theme.px(30);
  const float baseline = (size.y - ImGui::GetTextLineHeight()) / 2;
  ImGui::SetCursorPos({theme.px(20), baseline});
  if (unkept) {
    if (draw_unkept(theme, *unkept, hint_at)) clicked = Action::progress;
  } else switch (model.state) {
    case ModelView::State::none:
      draw_label(theme, theme.fonts.ui, kSize, c.muted, strings.get("status.no-model"));
      break;
    case ModelView::State::loading:
      draw_label(theme, theme.fonts.ui, kSize, c.muted,
                 model.stage.empty() ? strings.get("status.loading") : strings.get("stage." + model.stage));
      ImGui::SameLine(0, theme.px(12));
      draw_progress(theme, model.done);
      break;
    case ModelView::State::ready:
      if (!model.info) break;
      ImGui::SetCursorPos({theme.px(15), baseline - theme.px(3)});
      if (quiet_button(theme, "model", model.info->name, kSize)) clicked = Action::model;
      ImGui::SameLine(0, theme.px(7));
      if (!own_code.text.empty()) {
        ImGui::SetCursorPosY(baseline - theme.px(3));
        if (draw_own_code(theme, own_code, hint_at)) clicked = Action::own_code;
        break;
      }
      ImGui::SetCursorPosY(baseline);
      draw_label(theme, theme.fonts.ui, kSize, lost ? c.warn : c.muted,
                 fitting(theme, lost ? in_place_of(*lost, strings) : described(*model.info, strings), hint_at));
      if (!lost || ImGui::GetItemRectSize().x == 0) break;
      ImGui::SetCursorScreenPos(ImGui::GetItemRectMin());
      if (ImGui::InvisibleButton("lost-model", ImGui::GetItemRectSize())) clicked = Action::model;
      error_tooltip(theme, lost->why);
      break;
    case ModelView::State::failed:
      draw_label(theme, theme.fonts.ui_bold, kSize, c.warn, strings.get("status.failed"));
      if (model.error) {
        ImGui::SameLine(0, theme.px(8));
        const float room = hint_at - label_width(theme.fonts.ui, theme.px(kSize), strings.get("status.other-model")) -
                           theme.px(18);
        draw_label(theme, theme.fonts.ui, kSize, c.muted, fitting(theme, describe(*model.error, strings).what, room));
        error_tooltip(theme, *model.error);
      }
      ImGui::SameLine(0, theme.px(8));
      ImGui::SetCursorPosY(baseline - theme.px(3));
      if (quiet_button(theme, "model", strings.get("status.other-model"), kSize)) clicked = Action::model;
      break;
  }

  ImGui::SetCursorPos({hint_at, baseline - theme.px(3)});
  if (quiet_button(theme, "keys", hint, kSize)) clicked = Action::help;
  note_item(Landmark::keys);
  ImGui::PopFont();
  return clicked;
}

}  // namespace tb::viewer
