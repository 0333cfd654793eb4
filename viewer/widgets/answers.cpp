#include "viewer/widgets/answers.h"

#include <algorithm>
#include <cmath>

#include "viewer/widgets/icon.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {
constexpr float kIndent = 26;        // of the words behind the mark, as of draw_choice
}

void draw_answer(const Theme& theme, std::string_view text, bool mine, AnswerMark mark, float width) {
  const figure::Palette& c = theme.colors();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 center(at.x + theme.px(9), at.y + theme.px(theme.sizes.ui) * 0.68f);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto draw_mark = [&](Icon icon, figure::Color color) {
    draw_icon(list, icon, center, theme.px(15), to_imgui(color));
  };
  if (mark == AnswerMark::right) draw_mark(Icon::right, c.accent);
  else if (mark == AnswerMark::wrong) draw_mark(Icon::wrong, c.warn);
  else list.AddCircle(center, theme.px(6), to_imgui(mine ? c.ink : c.rule), 0, theme.px(1.5f));
  if (mine && mark == AnswerMark::none) list.AddCircleFilled(center, theme.px(3.2f), to_imgui(c.ink));
  ImGui::SetCursorScreenPos({at.x + theme.px(kIndent), at.y});
  draw_wrapped(theme, mine ? theme.fonts.ui_bold : theme.fonts.ui, theme.sizes.ui,
               mine || mark != AnswerMark::none ? c.ink : c.muted, text, width - theme.px(kIndent));
  ImGui::SetCursorScreenPos({at.x, ImGui::GetCursorScreenPos().y});
}

void draw_verdict(const Theme& theme, bool right, std::string_view words) {
  const figure::Palette& c = theme.colors();
  const figure::Color color = right ? c.accent : c.ink;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  draw_icon(*ImGui::GetWindowDrawList(), right ? Icon::right : Icon::wrong,
            {at.x + theme.px(9), at.y + theme.px(theme.sizes.ui) * 0.6f}, theme.px(15), to_imgui(color));
  ImGui::SetCursorScreenPos({at.x + theme.px(kIndent), at.y});
  draw_label(theme, theme.fonts.ui_bold, theme.sizes.ui, color, words);
  ImGui::SetCursorScreenPos({at.x, ImGui::GetCursorScreenPos().y});
}

void draw_not_kept(const Theme& theme, const book::Learner& learner, float width) {
  if (!learner.error()) return;
  const Message message = describe(*learner.error(), *theme.strings);
  draw_wrapped(theme, theme.fonts.ui, 14, theme.colors().warn, message.what + " " + message.remedy, width);
}

std::optional<std::size_t> chosen_index(const book::Answer& answer, const std::vector<std::string>& choices) {
  const auto worded = std::find(choices.begin(), choices.end(), answer.text);
  if (worded != choices.end()) return static_cast<std::size_t>(worded - choices.begin());
  const bool numbered = answer.choice >= 0 && answer.choice < static_cast<std::int64_t>(choices.size());
  return numbered ? std::optional(static_cast<std::size_t>(answer.choice)) : std::nullopt;
}

}  // namespace tb::viewer
