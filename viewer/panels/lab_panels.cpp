#include "viewer/panels/lab_panels.h"

#include <algorithm>

#include "viewer/panels/lab_actions.h"
#include "viewer/panels/lab_compare.h"
#include "viewer/panels/lab_cover.h"
#include "viewer/panels/lab_examples.h"
#include "viewer/panels/lab_inputs.h"
#include "viewer/panels/lab_instance.h"
#include "viewer/panels/lab_result.h"
#include "viewer/panels/lab_run.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float pad = 16;                          // between the card's edge and what it holds

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
  ShownResult shown;
  LabActions actions;
  std::optional<Comparison> comparison;
  float width = 0;                                 // of the card, pixels at scale 1
  bool covered = false;                            // a question covers the result

  Comparison* compared() { return comparison && comparison->ready() ? &*comparison : nullptr; }
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

  bool ended() const { return ended_; }

  LabWish draw() {
    const Card card(theme_, width_);
    left_ = ImGui::GetCursorScreenPos().x;
    const float top = ImGui::GetCursorScreenPos().y;
    draw_title();
    const bool ready = !lab_.inputs().empty() && !lab_.preset_error();
    const bool first = seat_.result_first && ready && !compared();
    if (!first) draw_caption();
    if (lab_.preset_error()) {
      draw_error_card(theme_, *lab_.preset_error(), inner_);
      return LabWish::none;
    }
    if (ready) {
      Comparison* both = compared();
      LabInstance& edited = both ? both->edited(lab_) : lab_;
      if (!first) draw_examples(edited, theme_, inner_);
      if (seat_.enter && !both) ImGui::SetKeyboardFocusHere();   // past the examples: to write is what one comes for
      if (both) end(both->draw_inputs(lab_, theme_, inner_, seat_.enter));
      else draw_inputs(lab_, theme_, inner_, {}, first ? InputsPart::texts : InputsPart::all);
      if (!both && seat_.question.empty()) draw_run_controls(lab_, theme_, inner_);
    }
    space(2);
    LabWish wish = LabWish::none;
    if (!seat_.question.empty()) wish = draw_cover(seat_.question, theme_, inner_);
    else if (Comparison* both = compared()) both->draw_results(lab_, panel_.shown, theme_, inner_);
    else draw_result(panel_.shown, lab_, theme_, inner_);
    if (first) {
      space(8);
      draw_caption();
      draw_examples(lab_, theme_, inner_);
      draw_inputs(lab_, theme_, inner_, {}, InputsPart::others);
    }
    if (lab_.inputs().empty()) return wish;
    const LabWish seat = draw_actions(top);               // last: Tab comes to the inputs first
    return wish == LabWish::none ? seat : wish;
  }

 private:
  // Not while a question covers the result.
  Comparison* compared() const { return seat_.question.empty() ? panel_.compared() : nullptr; }
  std::string word(const std::string& key) const { return theme_.strings->get(key); }
  std::string text(const std::string& key) const { return word("lab." + lab_.type() + "." + key); }
  void space(float pixels) const { ImGui::Dummy({0, theme_.px(pixels)}); }

  void draw_caption() const {   // what to try here, else what to try in general
    const std::string caption = directive_.value("caption");
    draw_wrapped(theme_, theme_.fonts.ui, 15, theme_.colors().muted, caption.empty() ? text("try") : caption, inner_);
  }

  // Beside the icons, in two lines where one is too short.
  void draw_title() const {
    const float room = inner_ - LabActions::width(theme_) - theme_.px(compared() ? 32 : 8);   // and the sign of a run
    const std::string title = text("title");
    if (label_width(theme_.fonts.ui_bold, theme_.px(17), title) <= room)
      draw_label(theme_, theme_.fonts.ui_bold, 17, theme_.colors().ink, title);
    else
      draw_wrapped(theme_, theme_.fonts.ui_bold, 17, theme_.colors().ink, title, room);
  }

  // The card goes on with one of the two; undo brings back what A was.
  void end(Comparison::Wish wish) {
    if (wish == Comparison::Wish::none) return;
    if (wish == Comparison::Wish::keep_b) lab_.edit_all(panel_.comparison->b().inputs());
    panel_.comparison.reset();
    lab_.ask_also({});
    ended_ = true;
  }

  LabWish draw_actions(float top) {
    const ImVec2 after = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos({left_ + inner_ - LabActions::width(theme_), top - theme_.px(4)});
    Comparison* both = compared();
    const LabWish wish = panel_.actions.draw(lab_, theme_, {chapter_, directive_.id, inner_ / theme_.scale,
                                                            both ? "" : panel_.shown.figure.selected(), seat_, both});
    ImGui::SetCursorScreenPos(after);
    ImGui::Dummy({0, 0});
    return wish;
  }

  Panel& panel_;
  std::string_view chapter_;
  const LabSeat& seat_;
  LabInstance& lab_;
  const book::Directive& directive_;
  const Theme& theme_;
  float width_, inner_, left_ = 0;
  bool ended_ = false;               // the comparison, in this frame
};

// A's inputs as text; with a comparison, those of B that are others.
std::map<std::string, std::string> with_b(std::map<std::string, std::string> texts, const Panel& panel) {
  if (panel.comparison)
    for (auto& [key, text] : panel.comparison->over(panel.lab)) texts[std::string(of_b_prefix) + key] = text;
  return texts;
}

}  // namespace

struct LabPanels::State {
  Compute& compute;
  std::string space;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Panel>, std::less<>> panels;

  Panel& panel(std::string_view chapter, std::string_view instance) {
    auto& slot = panels[{std::string(chapter), std::string(instance)}];
    if (!slot)
      slot.reset(new Panel{
          LabInstance(compute, std::string(chapter), std::string(instance), space), {}, {}, {}, 0, false});
    return *slot;
  }
  Panel* find(std::string_view chapter, std::string_view instance) {
    const auto found = panels.find(std::pair(std::string(chapter), std::string(instance)));
    return found == panels.end() ? nullptr : found->second.get();
  }
  // B as A is, with `over` over it.
  void compare(Panel& panel, std::string_view chapter, std::string_view instance,
               std::map<std::string, std::string> over = {}) {
    panel.comparison.emplace(compute, std::string(chapter), std::string(instance), space, std::move(over));
  }
  void compare_or_end(Panel& panel, std::string_view chapter, std::string_view instance,
                      std::map<std::string, std::string> over) {
    if (!over.empty()) return compare(panel, chapter, instance, std::move(over));
    panel.comparison.reset();
    panel.lab.ask_also({});
  }
};

LabPanels::LabPanels(Compute& compute, std::string space)
    : state_(std::make_unique<State>(State{compute, std::move(space), {}})) {}
LabPanels::~LabPanels() = default;

LabWish LabPanels::draw(std::string_view chapter, const book::Directive& directive, float width, const Theme& theme,
                        const LabSeat& seat) {
  Panel& panel = state_->panel(chapter, directive.id);
  panel.lab.update(directive, theme.strings->language());
  if (panel.comparison) panel.comparison->update(panel.lab, directive, theme.strings->language());
  panel.width = width / theme.scale;
  panel.covered = !seat.question.empty();
  ImGui::PushID("lab");
  ImGui::PushID(directive.id.c_str());
  PanelDrawing drawing(panel, chapter, directive, theme, width, seat);
  const LabWish wish = drawing.draw();
  ImGui::PopID();
  ImGui::PopID();
  bool others = drawing.ended();
  others |= panel.lab.take_changed();
  if (Comparison* both = panel.compared()) others |= both->b().take_changed();
  if (others && changed) changed(chapter, directive.id);
  if (panel.lab.take_tried() && tried) tried(chapter, directive.id);
  if (wish != LabWish::compare) return wish;
  compare(chapter, directive.id);
  return LabWish::none;
}

void LabPanels::compare(std::string_view chapter, std::string_view instance) {
  Panel* panel = state_->find(chapter, instance);
  if (!panel || panel->lab.inputs().empty() || panel->covered) return;
  if (Comparison* both = panel->compared()) return both->show_next(panel->width - 2 * pad >= figure::two_abreast);
  state_->compare(*panel, chapter, instance);
  if (changed) changed(chapter, instance);
}

bool LabPanels::settled(std::string_view chapter, std::string_view instance) const {
  const Panel* panel = state_->find(chapter, instance);
  return !panel || !panel->comparison || panel->comparison->up_to_date(panel->lab);
}

void LabPanels::keep_up(std::string_view chapter, const book::Directive& directive, const Theme& theme) {
  state_->panel(chapter, directive.id).lab.update(directive, theme.strings->language());
}

std::shared_ptr<const Snapshot> LabPanels::result_with(std::string_view chapter, std::string_view instance,
                                                       const std::map<std::string, std::string>& inputs) const {
  const LabInstance& lab = state_->panel(chapter, instance).lab;
  const auto& snapshot = lab.view().snapshot;
  return snapshot && !snapshot->partial && lab.shows(lab.presets_with(inputs)) ? snapshot : nullptr;
}

bool LabPanels::stands_at(std::string_view chapter, std::string_view instance,
                          const std::map<std::string, std::string>& inputs) const {
  const LabInstance& lab = state_->panel(chapter, instance).lab;
  return lab.inputs() == lab.presets_with(inputs);
}

bool LabPanels::waits_for_start(std::string_view chapter, std::string_view instance) const {
  const LabInstance& lab = state_->panel(chapter, instance).lab;
  return lab.long_running() && !lab.view().waiting;
}

std::map<std::string, std::string> LabPanels::inputs(std::string_view chapter, std::string_view instance) const {
  const Panel* panel = state_->find(chapter, instance);
  return panel ? with_b(panel->lab.saved(), *panel) : std::map<std::string, std::string>();
}

void LabPanels::set_inputs(std::string_view chapter, std::string_view instance,
                           std::map<std::string, std::string> inputs) {
  Panel& panel = state_->panel(chapter, instance);
  auto over = take_over(inputs);
  panel.lab.restore(std::move(inputs));
  state_->compare_or_end(panel, chapter, instance, std::move(over));
}

std::map<std::string, std::string> LabPanels::changes(std::string_view chapter, std::string_view instance) const {
  const Panel* panel = state_->find(chapter, instance);
  return panel ? with_b(panel->lab.changes(), *panel) : std::map<std::string, std::string>();
}

void LabPanels::begin_with(std::string_view chapter, std::string_view instance,
                           std::map<std::string, std::string> inputs) {
  Panel& panel = state_->panel(chapter, instance);
  auto over = take_over(inputs);
  panel.lab.begin_with(std::move(inputs));
  state_->compare_or_end(panel, chapter, instance, std::move(over));
}

std::string LabPanels::slot(std::string_view chapter, std::string_view instance) const {
  return state_->space + std::string(chapter) + "/" + std::string(instance);
}

bool LabPanels::animating() const {
  return std::any_of(state_->panels.begin(), state_->panels.end(), [](const auto& entry) {
    const Panel& panel = *entry.second;
    return panel.shown.figure.animating() || panel.actions.busy() ||
           (panel.comparison && panel.comparison->animating());
  });
}

}  // namespace tb::viewer
