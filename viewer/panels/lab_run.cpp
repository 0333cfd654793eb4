#include "viewer/panels/lab_run.h"

#include <algorithm>
#include <cmath>

#include "viewer/panels/lab_inputs.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr int tokens_to_generate = 24;

class RunControls {
 public:
  RunControls(LabInstance& lab, const Theme& theme, float width)
      : lab_(lab), theme_(theme), inner_(width), left_(ImGui::GetCursorScreenPos().x) {}

  // next-token: one token, many tokens, one token back.
  void draw_generation() {
    const auto& continuation = std::get<std::vector<std::int64_t>>(lab_.inputs().at("continuation"));
    const auto button = [&](const char* id, const char* key, bool on) {
      const std::string label = word(std::string("lab.next-token.") + key);
      const float x = ImGui::GetCursorScreenPos().x;
      const float wide = ImGui::CalcTextSize(label.c_str()).x + 2 * ImGui::GetStyle().FramePadding.x;
      if (x > left_ && x + wide > left_ + inner_) ImGui::NewLine();   // a narrow card: in two rows
      ImGui::BeginDisabled(!on);
      const bool pressed = ImGui::Button((label + id).c_str());
      ImGui::EndDisabled();
      draw_tip(theme_, word(std::string("lab.next-token.") + key + "-tip"));
      ImGui::SameLine();
      return pressed;
    };
    if (lab_.generating()) {
      if (button("###generate", "stop", true)) lab_.stop_generating();
    } else {
      if (button("###step", "step", lab_.can_step())) lab_.step();
      if (button("###generate", "generate", lab_.can_step())) lab_.generate(tokens_to_generate);
    }
    if (button("###back", "back", !continuation.empty())) {
      std::vector<std::int64_t> shorter(continuation.begin(), continuation.end() - 1);
      lab_.edit_all({{"continuation", std::move(shorter)}});
    }
    if (button("###clear", "clear", !continuation.empty()))
      lab_.edit_all({{"continuation", std::vector<std::int64_t>()}});
    ImGui::NewLine();
  }

  // Labs that run for long: one button that starts, stops and goes on, and how the run stands beside it.
  void draw_start() {
    const bool running = lab_.view().waiting, on = lab_.can_go_on();
    const std::string key = running ? "lab.stop" : on ? "lab.go-on" : "lab.start";
    const figure::Palette& colors = theme_.colors();
    ImGui::BeginDisabled(!running && lab_.finished());
    if (!running) {   // what the card is there for
      for (const ImGuiCol part : {ImGuiCol_Button, ImGuiCol_ButtonHovered, ImGuiCol_ButtonActive})
        ImGui::PushStyleColor(part, to_imgui(colors.accent));
      ImGui::PushStyleColor(ImGuiCol_Text, to_imgui(colors.card));
    }
    const bool pressed = ImGui::Button((word(key) + "###start").c_str());
    if (!running) ImGui::PopStyleColor(4);
    ImGui::EndDisabled();
    if (pressed && running) lab_.stop();
    else if (pressed) lab_.start();
    draw_tip(theme_, word(key + "-tip"));
    ImGui::SameLine(0, theme_.px(12));
    const LabView& view = lab_.view();
    if (running) {
      draw_bar(view.done);
      return;
    }
    std::string standing;
    if (!view.snapshot) standing = "lab.not-started";
    else if (on && view.snapshot->partial) standing = "lab.stopped";
    else if (lab_.finished()) standing = "lab.finished";
    else if (!on) standing = "lab.changed";
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + (ImGui::GetFrameHeight() - theme_.px(14) * 1.3f) / 2);
    const float left = ImGui::GetCursorScreenPos().x - left_;
    if (standing.empty()) ImGui::NewLine();   // no text: only the end of the line
    else draw_wrapped(theme_, theme_.fonts.ui, 14, theme_.colors().muted, word(standing), inner_ - left);
  }

  // How far the run is, over the rest of the line, and how long it will take at its pace.
  void draw_bar(double done) const {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float height = ImGui::GetFrameHeight(), thick = theme_.px(4), y = at.y + (height - thick) / 2;
    const std::string left = time_left(lab_, theme_);
    float wide = left_ + inner_ - at.x;
    if (!left.empty()) {
      const float pixels = theme_.px(13), text = label_width(theme_.fonts.ui, pixels, left);
      wide = std::max(wide - text - theme_.px(10), theme_.px(20));
      ImGui::SetCursorScreenPos({at.x + wide + theme_.px(10), at.y + (height - pixels) / 2});
      draw_label(theme_, theme_.fonts.ui, 13, theme_.colors().muted, left);
      ImGui::SetCursorScreenPos(at);
    }
    const float part = static_cast<float>(std::clamp(done, 0.0, 1.0));
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled({at.x, y}, {at.x + wide, y + thick}, to_imgui(theme_.colors().rule), thick / 2);
    list->AddRectFilled({at.x, y}, {at.x + wide * part, y + thick}, to_imgui(theme_.colors().accent), thick / 2);
    ImGui::Dummy({wide, height});
  }

 private:
  std::string word(const std::string& key) const { return theme_.strings->get(key); }

  LabInstance& lab_;
  const Theme& theme_;
  float inner_, left_;
};

}  // namespace

std::string time_left(const LabInstance& lab, const Theme& theme) {
  const auto seconds = lab.seconds_left();
  if (!seconds) return "";
  // In steps that do not flicker.
  if (*seconds > 90)
    return theme.strings->plural("lab.minutes-left", static_cast<std::int64_t>(std::ceil(*seconds / 60)));
  return theme.strings->plural("lab.seconds-left", 5 * static_cast<std::int64_t>(std::ceil(std::max(*seconds, 1.0) / 5)));
}

void draw_run_controls(LabInstance& lab, const Theme& theme, float width) {
  RunControls controls(lab, theme, width);
  if (lab.long_running()) controls.draw_start();
  else if (lab.field("continuation")) controls.draw_generation();
}

}  // namespace tb::viewer
