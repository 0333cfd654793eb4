#include "viewer/panels/lab_result.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "viewer/panels/lab_inputs.h"
#include "viewer/panels/lab_run.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using namespace std::chrono_literals;

constexpr auto quiet_for = 150ms;                  // a shorter computation is not announced
constexpr auto patient_for = 1s;                   // a longer one can be stopped
constexpr std::string_view quiet_errors[] = {"lab.empty", "lab.too_long"};   // what to do next, rather than a fault

bool waiting_for(const LabInstance& lab, std::chrono::milliseconds time) {
  return lab.view().waiting && std::chrono::steady_clock::now() - lab.view().since > time;
}

class ResultDrawing {
 public:
  ResultDrawing(ShownResult& shown, LabInstance& lab, const Theme& theme, float width)
      : shown_(shown), lab_(lab), theme_(theme), inner_(width) {}

  void draw_result() {
    const LabView& view = lab_.view();
    const ModelView& model = lab_.model();
    if (model.state == ModelView::State::failed && model.error) return draw_error(*model.error);
    if (lab_.long_running()) return draw_run();
    if (view.error && !stopped()) return draw_error(*view.error);
    if (view.snapshot) {
      // What is there of the run at hand is as good as it gets; what is left of an older one is dimmed.
      const bool old = !lab_.shown();
      if (auto set = shown_.figure.draw(view.snapshot, theme_, inner_, old && (late() || stopped())))
        lab_.edit_all(*set);
      shown_.height = shown_.figure.height();
      return;
    }
    draw_waiting();
  }

  // Of a run that takes long: what ended it, unless the learner did, and how far it came; pale where the inputs are
  // others by now.
  void draw_run() {
    const LabView& view = lab_.view();
    if (view.error && view.error->code != "job.stopped") draw_error(*view.error);
    if (view.snapshot) {
      const bool other = !view.waiting && !lab_.finished() && !lab_.can_go_on();
      if (auto set = shown_.figure.draw(view.snapshot, theme_, inner_, other)) lab_.edit_all(*set);
      shown_.height = shown_.figure.height();
    } else if (view.waiting) {
      draw_waiting();
    }
  }

  void draw_error(const Error& error) {
    if (std::find(std::begin(quiet_errors), std::end(quiet_errors), error.code) == std::end(quiet_errors)) {
      if (draw_error_card(theme_, error, inner_, (word("lab.retry") + "###retry").c_str())) lab_.retry();
      return;
    }
    const Message message = describe(error, *theme_.strings);
    space(10);
    draw_wrapped(theme_, theme_.fonts.ui_bold, 15, theme_.colors().ink, message.what, inner_);
    draw_wrapped(theme_, theme_.fonts.ui, 15, theme_.colors().muted, message.remedy, inner_);
    space(10);
  }

  // Nothing to show yet: how far the model or the run is, in the room that the figure will need.
  void draw_waiting() {
    const bool loading = lab_.model().state != ModelView::State::ready;
    const double done = std::clamp(loading ? lab_.model().done : lab_.view().done, 0.0, 1.0);
    const std::string& stage = loading ? lab_.model().stage : lab_.view().stage;
    const ImVec2 top = ImGui::GetCursorScreenPos();
    const float height =
        shown_.height > 0 ? shown_.height : theme_.px(lab_.type() == "tokens" ? 120 : 420);
    space(14);
    draw_wrapped(theme_, theme_.fonts.ui, 15, theme_.colors().ink, word(loading ? "lab.loading" : "lab.computing"),
                 inner_);
    const ImVec2 bar = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float thick = theme_.px(4);
    list->AddRectFilled(bar, {bar.x + inner_, bar.y + thick}, to_imgui(theme_.colors().rule), thick / 2);
    list->AddRectFilled(bar, {bar.x + inner_ * static_cast<float>(done), bar.y + thick},
                        to_imgui(theme_.colors().accent), thick / 2);
    ImGui::Dummy({inner_, thick + theme_.px(2)});
    std::string below = theme_.strings->has("stage." + stage) ? word("stage." + stage) : "";
    const std::string left = loading ? "" : time_left(lab_, theme_);
    if (!left.empty()) below += (below.empty() ? "" : " · ") + left;
    if (!below.empty()) draw_label(theme_, theme_.fonts.ui, 13, theme_.colors().muted, below);
    const float used = ImGui::GetCursorScreenPos().y - top.y;
    if (used < height) ImGui::Dummy({inner_, height - used});
  }

  void draw_footer() {
    const LabView& view = lab_.view();
    if (!view.snapshot || (view.error && !stopped())) return;
    const Snapshot& snapshot = *view.snapshot;
    const std::string_view lang = theme_.strings->language();
    std::string line;
    if (late() && !lab_.long_running()) {
      line = word("lab.computing");
      if (view.done > 0) line += " " + format_percent(std::floor(view.done * 100) / 100, lang);
      if (const std::string left = time_left(lab_, theme_); !left.empty()) line += " · " + left;
    } else if (stopped() && !lab_.long_running()) {
      line = word("lab.stopped");
    } else {
      line = theme_.strings->format(snapshot.tokens_computed == 0 && snapshot.tokens_reused == 0 ? "lab.footer.plain"
                                                                                                 : "lab.footer.run",
                                    {snapshot.device, format_seconds(snapshot.seconds, lang),
                                     format_integer(snapshot.tokens_computed, lang),
                                     format_integer(snapshot.tokens_reused, lang), snapshot.dtype});
    }
    space(2);
    draw_functions(snapshot.texts("functions"));
    draw_label(theme_, theme_.fonts.ui, 13, theme_.colors().muted, line);
    if (lab_.long_running()) return;
    // In the same line, so that nothing moves.
    if (waiting_for(lab_, patient_for) && draw_small_button("stop")) lab_.stop();
    if (stopped() && draw_small_button("go-on")) lab_.retry();
  }

  // That the model ran on a learner's functions.
  void draw_functions(const std::vector<std::string>& names) const {
    if (names.empty()) return;
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    draw_wrapped(theme_, theme_.fonts.ui_bold, 13, theme_.colors().accent,
                 theme_.strings->format("own-code.footer", {list}), inner_);
  }

  bool draw_small_button(const std::string& what) const {
    ImGui::SameLine();
    ImGui::PushFont(theme_.fonts.ui, theme_.px(13));
    const bool pressed = ImGui::SmallButton((word("lab." + what) + "###" + what).c_str());
    ImGui::PopFont();
    draw_tip(theme_, word("lab." + what + "-tip"));
    return pressed;
  }

 private:
  std::string word(const std::string& key) const { return theme_.strings->get(key); }
  void space(float pixels) const { ImGui::Dummy({0, theme_.px(pixels)}); }

  bool late() const { return is_late(lab_); }
  // The learner has stopped it: what was there before, or is half done, can be looked at.
  bool stopped() const {
    const LabView& view = lab_.view();
    return view.snapshot && view.error && view.error->code == "job.stopped";
  }

  ShownResult& shown_;
  LabInstance& lab_;
  const Theme& theme_;
  float inner_;
};

}  // namespace

bool is_late(const LabInstance& lab) { return waiting_for(lab, quiet_for); }

void draw_result(ShownResult& shown, LabInstance& lab, const Theme& theme, float width) {
  ResultDrawing drawing(shown, lab, theme, width);
  drawing.draw_result();
  drawing.draw_footer();
}

}  // namespace tb::viewer
