#include "viewer/own_code_switch.h"

#include <algorithm>

#include <imgui.h>

#include "base/numbers.h"
#include "figure/own_code.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

void OwnCodeSwitch::tend() {
  if (!code_) return;
  const std::uint64_t now = code_->version();
  if (now != seen_) compute_.run_again();
  seen_ = now;
}

bool OwnCodeSwitch::is_on() const { return code_ && !code_->view().empty(); }

void OwnCodeSwitch::toggle(const std::string& exercise, const std::filesystem::path& file) {
  if (!code_) return;
  if (is_on()) code_->turn_off();
  else if (has_place(exercise)) code_->turn_on(exercise, file);
}

std::string OwnCodeSwitch::ended(const Function::Report& report, const Strings& strings) const {
  const ModelView model = compute_.model();
  const std::int64_t layers = model.info ? model.info->n_layers : 0;
  return figure::ended_text({report.exercise, report.reason, report.detail, report.layer}, layers, strings) + " " +
         strings.get("own-code.after");
}

OwnCodeSwitch::Notice OwnCodeSwitch::notice(const Strings& strings) const {
  Notice notice;
  if (!code_) return notice;
  std::string serving, waiting;
  const auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + name; };
  for (const OwnCode::View& view : code_->view()) {
    if (view.report && !view.report->reason.empty()) return {strings.format("own-code.notice-ended", {view.exercise}), true};
    if (view.error && !view.report) return {strings.format("own-code.notice-error", {view.exercise}), true};
    notice.trouble = notice.trouble || view.error.has_value();
    add(view.report ? serving : waiting, view.exercise);
  }
  if (!serving.empty()) notice.text = strings.format("own-code.notice", {serving});
  else if (!waiting.empty()) notice.text = strings.format("own-code.notice-compiling", {waiting});
  return notice;
}

void OwnCodeSwitch::draw(const Theme& theme, const std::string& exercise, const std::filesystem::path& file,
                         float width) {
  if (!code_) return;
  const Strings& strings = *theme.strings;
  const auto say = [&](const std::string& words, figure::Color color) {
    draw_wrapped(theme, theme.fonts.ui, 14, color, words, width);
  };
  if (!has_place(exercise)) {
    const std::string why = "own-code.elsewhere." + exercise;
    if (strings.has(why)) say(strings.get(why), theme.colors().muted);
    return;
  }
  const auto views = code_->view();
  const auto found = std::ranges::find(views, exercise, &OwnCode::View::exercise);
  bool on = found != views.end();
  ImGui::PushStyleColor(ImGuiCol_CheckboxSelectedBg, to_imgui(theme.colors().accent));
  ImGui::PushStyleColor(ImGuiCol_CheckMark, to_imgui(theme.colors().card));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(theme.px(3), theme.px(3)));
  if (ImGui::Checkbox((strings.get("own-code.switch") + "###run-on-mine").c_str(), &on)) {
    if (on) code_->turn_on(exercise, file);
    else code_->turn_off(exercise);
  }
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(2);
  if (found == views.end()) return;

  const auto& report = found->report;
  if (report && !report->reason.empty()) {
    say(ended(*report, strings), theme.colors().warn);
  } else if (report) {
    std::string words = strings.get("own-code.serves");
    if (report->calls > 0)
      words += " " + strings.format("own-code.calls",
                                    {format_integer(report->calls, strings.language()),
                                     format_fixed(1000 * report->seconds / static_cast<double>(report->calls), 3,
                                                  strings.language())});
    say(words, theme.colors().ink);
  }
  if (found->compiling) say(strings.get("own-code.compiling"), theme.colors().muted);
  if (!found->compiling && found->error) {
    const Message why = describe(*found->error, strings);
    const bool serves = report && report->reason.empty();
    say(why.what, theme.colors().warn);
    if (serves) say(strings.get("own-code.last-one"), theme.colors().ink);
    say(why.remedy, theme.colors().muted);
  }
}

}  // namespace tb::viewer
