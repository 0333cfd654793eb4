#include "viewer/panels/lab_panels.h"

#include <algorithm>

#include "base/numbers.h"
#include "viewer/figure_view.h"
#include "viewer/panels/lab_inputs.h"
#include "viewer/panels/lab_instance.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using namespace std::chrono_literals;

constexpr float pad = 16;                          // between the card's edge and what it holds
constexpr auto quiet_for = 150ms;                  // a shorter computation is not announced
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
  float figure_height = 0;                         // of the last figure, kept free while there is none
};

class PanelDrawing {
 public:
  PanelDrawing(Panel& panel, const book::Directive& directive, const Theme& theme, float width)
      : panel_(panel),
        lab_(panel.lab),
        directive_(directive),
        theme_(theme),
        width_(width),
        inner_(width - 2 * theme.px(pad)) {}

  void draw() {
    const Card card(theme_, width_);
    left_ = ImGui::GetCursorScreenPos().x;
    const float top = ImGui::GetCursorScreenPos().y;
    draw_label(theme_, theme_.fonts.ui_bold, 17, theme_.colors().ink, text("title"));
    const std::string caption = directive_.value("caption");   // what to try here, else what to try in general
    draw_wrapped(theme_, theme_.fonts.ui, 15, theme_.colors().muted, caption.empty() ? text("try") : caption, inner_);
    if (lab_.preset_error()) {
      draw_error_card(theme_, *lab_.preset_error(), inner_);
      return;
    }
    if (!lab_.inputs().empty()) {
      draw_inputs(lab_, theme_, inner_);
      if (lab_.field("continuation")) draw_generation();
    }
    space(2);
    draw_result();
    draw_footer();
    if (!lab_.inputs().empty()) draw_history(top);   // last, so that the keyboard enters at the first input
  }

 private:
  std::string word(const std::string& key) const { return theme_.strings->get(key); }
  std::string text(const std::string& key) const { return word("lab." + lab_.type() + "." + key); }
  void space(float pixels) const { ImGui::Dummy({0, theme_.px(pixels)}); }

  // Undo, redo, reset at the card's upper right.
  void draw_history(float top) {
    const ImVec2 after = ImGui::GetCursorScreenPos();
    float x = left_ + inner_ - 3 * theme_.px(30);
    const auto sign = [&](const char* id, const char* shape, const char* tip, bool on) {
      ImGui::SetCursorScreenPos({x, top - theme_.px(4)});
      x += theme_.px(30);
      const bool pressed = draw_sign(id, shape, on);
      draw_tip(theme_, word(tip));
      return pressed && on;
    };
    if (sign("###undo", "↶", "lab.undo", lab_.can_undo())) lab_.undo();
    if (sign("###redo", "↷", "lab.redo", lab_.can_redo())) lab_.redo();
    if (sign("###reset", "⟲", "lab.reset", !lab_.at_presets())) lab_.reset();
    ImGui::SetCursorScreenPos(after);
    ImGui::Dummy({0, 0});
  }

  bool draw_sign(const char* id, const char* shape, bool on) const {
    const figure::Palette& colors = theme_.colors();
    const float side = theme_.px(28), pixels = theme_.px(18);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool pressed = ImGui::InvisibleButton(id, {side, side}, ImGuiButtonFlags_EnableNav);
    const bool lit = on && (ImGui::IsItemHovered() || ImGui::IsItemFocused());
    const float wide = label_width(theme_.fonts.ui, pixels, shape);
    ImGui::GetWindowDrawList()->AddText(theme_.fonts.ui, pixels, {at.x + (side - wide) / 2, at.y + theme_.px(3)},
                                        to_imgui(lit ? colors.accent : on ? colors.muted : colors.rule), shape);
    return pressed;
  }

  // next-token: one token, many tokens, one token back.
  void draw_generation() {
    const auto& continuation = std::get<std::vector<std::int64_t>>(lab_.inputs().at("continuation"));
    const auto button = [&](const char* id, const char* key, bool on) {
      ImGui::BeginDisabled(!on);
      const bool pressed = ImGui::Button((word(std::string("lab.next-token.") + key) + id).c_str());
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

  bool late() const { return lab_.view().waiting && std::chrono::steady_clock::now() - lab_.view().since > quiet_for; }

  void draw_result() {
    const LabView& view = lab_.view();
    const ModelView& model = lab_.model();
    if (model.state == ModelView::State::failed && model.error) return draw_error(*model.error);
    if (view.error) return draw_error(*view.error);
    if (view.snapshot) {
      if (auto set = panel_.figure.draw(view.snapshot, theme_, inner_, late())) lab_.edit_all(*set);
      panel_.figure_height = panel_.figure.height();
      return;
    }
    draw_waiting();
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
    if (!view.snapshot || view.error) return;
    const Snapshot& snapshot = *view.snapshot;
    const std::string_view lang = theme_.strings->language();
    std::string line;
    if (late()) {
      line = word("lab.computing");
    } else {
      line = theme_.strings->format(snapshot.tokens_computed == 0 && snapshot.tokens_reused == 0 ? "lab.footer.plain"
                                                                                                 : "lab.footer.run",
                                    {snapshot.device, format_seconds(snapshot.seconds, lang),
                                     format_integer(snapshot.tokens_computed, lang),
                                     format_integer(snapshot.tokens_reused, lang), snapshot.dtype});
    }
    space(2);
    draw_label(theme_, theme_.fonts.ui, 13, theme_.colors().muted, line);
  }

  Panel& panel_;
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
      slot = std::make_unique<Panel>(Panel{LabInstance(compute, std::string(chapter), std::string(instance)), {}, 0});
    return *slot;
  }
};

LabPanels::LabPanels(Compute& compute) : state_(std::make_unique<State>(State{compute, {}})) {}
LabPanels::~LabPanels() = default;

void LabPanels::draw(std::string_view chapter, const book::Directive& directive, float width, const Theme& theme) {
  Panel& panel = state_->panel(chapter, directive.id);
  panel.lab.update(directive, theme.strings->language());
  ImGui::PushID("lab");
  ImGui::PushID(directive.id.c_str());
  PanelDrawing(panel, directive, theme, width).draw();
  ImGui::PopID();
  ImGui::PopID();
  if (panel.lab.take_changed() && changed) changed(chapter, directive.id);
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
  return std::any_of(state_->panels.begin(), state_->panels.end(),
                     [](const auto& entry) { return entry.second->figure.animating(); });
}

}  // namespace tb::viewer
