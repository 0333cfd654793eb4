#include "viewer/panels/lab_panels.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "viewer/figure_view.h"
#include "viewer/panels/lab_actions.h"
#include "viewer/panels/lab_inputs.h"
#include "viewer/panels/lab_instance.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using namespace std::chrono_literals;

constexpr float pad = 16;                          // between the card's edge and what it holds
constexpr auto quiet_for = 150ms;                  // a shorter computation is not announced
constexpr auto patient_for = 1s;                   // a longer one can be stopped
constexpr int tokens_to_generate = 24;
constexpr std::string_view quiet_errors[] = {"lab.empty", "lab.too_long"};   // what to do next, rather than a fault

// The card's ground is drawn under its content once the height is known.
class Card {
 public:
  Card(const Theme& theme, float width) : theme_(theme), width_(width), top_(ImGui::GetCursorScreenPos()) {
    channels_.Split(ImGui::GetWindowDrawList(), 2);
    channels_.SetCurrentChannel(ImGui::GetWindowDrawList(), 1);
    ImGui::SetCursorScreenPos({top_.x + theme.px(pad), top_.y + theme.px(pad - 3)});
    ImGui::BeginGroup();
  }
  Card(const Card&) = delete;
  ~Card() {
    ImGui::EndGroup();
    const ImVec2 end(top_.x + width_, ImGui::GetItemRectMax().y + theme_.px(pad - 4));
    ImDrawList* list = ImGui::GetWindowDrawList();
    channels_.SetCurrentChannel(list, 0);
    list->AddRectFilled(top_, end, to_imgui(theme_.colors().card), theme_.px(8));
    list->AddRect(top_, end, to_imgui(theme_.colors().rule), theme_.px(8));
    channels_.Merge(list);
    ImGui::SetCursorScreenPos(top_);
    ImGui::Dummy({width_, end.y - top_.y});
  }

 private:
  const Theme& theme_;
  float width_;
  ImVec2 top_;
  ImDrawListSplitter channels_;
};

struct Panel {
  LabInstance lab;
  FigureView figure;
  LabActions actions;
  float figure_height = 0;                         // of the last figure, kept free while there is none
};

class PanelDrawing {
 public:
  PanelDrawing(Panel& panel, std::string_view chapter, const book::Directive& directive, const Theme& theme,
               float width, const LabSeat& seat)
      : panel_(panel),
        chapter_(chapter),
        seat_(seat),
        lab_(panel.lab),
        directive_(directive),
        theme_(theme),
        width_(width),
        inner_(width - 2 * theme.px(pad)) {}

  LabWish draw() {
    const Card card(theme_, width_);
    left_ = ImGui::GetCursorScreenPos().x;
    const float top = ImGui::GetCursorScreenPos().y;
    draw_title();
    const std::string caption = directive_.value("caption");   // what to try here, else what to try in general
    draw_wrapped(theme_, theme_.fonts.ui, 15, theme_.colors().muted, caption.empty() ? text("try") : caption, inner_);
    if (lab_.preset_error()) {
      draw_error_card(theme_, *lab_.preset_error(), inner_);
      return LabWish::none;
    }
    if (!lab_.inputs().empty()) {
      draw_inputs(lab_, theme_, inner_);
      if (lab_.long_running()) draw_start();
      else if (lab_.field("continuation")) draw_generation();
    }
    space(2);
    draw_result();
    draw_footer();
    return lab_.inputs().empty() ? LabWish::none : draw_actions(top);   // last: the keyboard enters at an input
  }

 private:
  std::string word(const std::string& key) const { return theme_.strings->get(key); }
  std::string text(const std::string& key) const { return word("lab." + lab_.type() + "." + key); }
  void space(float pixels) const { ImGui::Dummy({0, theme_.px(pixels)}); }

  // Beside the icons, in two lines where one is too short.
  void draw_title() const {
    const float room = inner_ - LabActions::width(theme_) - theme_.px(8);
    const std::string title = text("title");
    if (label_width(theme_.fonts.ui_bold, theme_.px(17), title) <= room)
      draw_label(theme_, theme_.fonts.ui_bold, 17, theme_.colors().ink, title);
    else
      draw_wrapped(theme_, theme_.fonts.ui_bold, 17, theme_.colors().ink, title, room);
  }

  LabWish draw_actions(float top) {
    const ImVec2 after = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos({left_ + inner_ - LabActions::width(theme_), top - theme_.px(4)});
    const LabWish wish = panel_.actions.draw(
        lab_, theme_, {chapter_, directive_.id, inner_ / theme_.scale, panel_.figure.selected(), seat_});
    ImGui::SetCursorScreenPos(after);
    ImGui::Dummy({0, 0});
    return wish;
  }

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

  // How far the run is, over the rest of the line.
  void draw_bar(double done) const {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float height = ImGui::GetFrameHeight(), thick = theme_.px(4), y = at.y + (height - thick) / 2;
    const float wide = left_ + inner_ - at.x, part = static_cast<float>(std::clamp(done, 0.0, 1.0));
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled({at.x, y}, {at.x + wide, y + thick}, to_imgui(theme_.colors().rule), thick / 2);
    list->AddRectFilled({at.x, y}, {at.x + wide * part, y + thick}, to_imgui(theme_.colors().accent), thick / 2);
    ImGui::Dummy({wide, height});
  }

  bool waiting_for(std::chrono::milliseconds time) const {
    return lab_.view().waiting && std::chrono::steady_clock::now() - lab_.view().since > time;
  }
  bool late() const { return waiting_for(quiet_for); }
  // The learner has stopped it: what was there before, or is half done, can be looked at.
  bool stopped() const {
    const LabView& view = lab_.view();
    return view.snapshot && view.error && view.error->code == "job.stopped";
  }

  void draw_result() {
    const LabView& view = lab_.view();
    const ModelView& model = lab_.model();
    if (model.state == ModelView::State::failed && model.error) return draw_error(*model.error);
    if (lab_.long_running()) return draw_run();
    if (view.error && !stopped()) return draw_error(*view.error);
    if (view.snapshot) {
      // What is there of the run at hand is as good as it gets; what is left of an older one is dimmed.
      const bool old = view.snapshot->inputs != lab_.inputs();
      if (auto set = panel_.figure.draw(view.snapshot, theme_, inner_, old && (late() || stopped())))
        lab_.edit_all(*set);
      panel_.figure_height = panel_.figure.height();
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
      if (auto set = panel_.figure.draw(view.snapshot, theme_, inner_, other)) lab_.edit_all(*set);
      panel_.figure_height = panel_.figure.height();
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
        panel_.figure_height > 0 ? panel_.figure_height : theme_.px(lab_.type() == "tokens" ? 120 : 420);
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
    if (theme_.strings->has("stage." + stage))
      draw_label(theme_, theme_.fonts.ui, 13, theme_.colors().muted, word("stage." + stage));
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
    draw_label(theme_, theme_.fonts.ui, 13, theme_.colors().muted, line);
    if (lab_.long_running()) return;
    // In the same line, so that nothing moves.
    if (waiting_for(patient_for) && draw_small_button("stop")) lab_.stop();
    if (stopped() && draw_small_button("go-on")) lab_.retry();
  }

  bool draw_small_button(const std::string& what) const {
    ImGui::SameLine();
    ImGui::PushFont(theme_.fonts.ui, theme_.px(13));
    const bool pressed = ImGui::SmallButton((word("lab." + what) + "###" + what).c_str());
    ImGui::PopFont();
    draw_tip(theme_, word("lab." + what + "-tip"));
    return pressed;
  }

  Panel& panel_;
  std::string_view chapter_;
  const LabSeat& seat_;
  LabInstance& lab_;
  const book::Directive& directive_;
  const Theme& theme_;
  float width_, inner_, left_ = 0;
};

}  // namespace

struct LabPanels::State {
  Compute& compute;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Panel>, std::less<>> panels;

  Panel& panel(std::string_view chapter, std::string_view instance) {
    auto& slot = panels[{std::string(chapter), std::string(instance)}];
    if (!slot)
      slot.reset(new Panel{LabInstance(compute, std::string(chapter), std::string(instance)), {}, {}, 0});
    return *slot;
  }
};

LabPanels::LabPanels(Compute& compute) : state_(std::make_unique<State>(State{compute, {}})) {}
LabPanels::~LabPanels() = default;

LabWish LabPanels::draw(std::string_view chapter, const book::Directive& directive, float width, const Theme& theme,
                        const LabSeat& seat) {
  Panel& panel = state_->panel(chapter, directive.id);
  panel.lab.update(directive, theme.strings->language());
  ImGui::PushID("lab");
  ImGui::PushID(directive.id.c_str());
  const LabWish wish = PanelDrawing(panel, chapter, directive, theme, width, seat).draw();
  ImGui::PopID();
  ImGui::PopID();
  if (panel.lab.take_changed() && changed) changed(chapter, directive.id);
  return wish;
}

std::map<std::string, std::string> LabPanels::inputs(std::string_view chapter, std::string_view instance) const {
  const auto found = state_->panels.find(std::pair(std::string(chapter), std::string(instance)));
  return found == state_->panels.end() ? std::map<std::string, std::string>() : found->second->lab.saved();
}

void LabPanels::set_inputs(std::string_view chapter, std::string_view instance,
                           const std::map<std::string, std::string>& inputs) {
  state_->panel(chapter, instance).lab.restore(inputs);
}

bool LabPanels::animating() const {
  return std::any_of(state_->panels.begin(), state_->panels.end(), [](const auto& entry) {
    return entry.second->figure.animating() || entry.second->actions.busy();
  });
}

}  // namespace tb::viewer
