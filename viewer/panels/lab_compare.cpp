#include "viewer/panels/lab_compare.h"

#include <algorithm>

#include "labs/compare.h"
#include "viewer/panels/lab_inputs.h"
#include "viewer/panels/lab_run.h"
#include "viewer/panels/segments.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using figure::Shown;

constexpr float gap = 32;                            // between two runs side by side; as in the saved picture
constexpr Shown in_turn[] = {Shown::a, Shown::b, Shown::difference, Shown::beside};

bool abreast(const Theme& theme, float width) { return width >= theme.px(figure::two_abreast); }

}  // namespace

Comparison::Comparison(Compute& compute, std::string chapter, std::string name, std::string space,
                       std::map<std::string, std::string> over)
    : compute_(compute), chapter_(std::move(chapter)), name_(std::move(name)), space_(std::move(space)),
      over_(std::move(over)) {}

void Comparison::update(LabInstance& a, const book::Directive& directive, std::string_view language) {
  if (a.inputs().empty()) return;
  const bool begins = !b_;
  if (begins) {
    b_.emplace(compute_, chapter_, name_ + "/b", space_);
    std::map<std::string, std::string> texts = unparse(a.inputs());
    for (auto& [key, text] : over_) texts[key] = text;
    b_->begin_with(std::move(texts));
  }
  b_->update(directive, language);
  if (begins) b_->begin_history();
  const LabView &view_a = a.view(), &view_b = b_->view();
  if (view_a.error || view_b.error) {                // what was asked for may be what is wrong: another model's tokens
    a.ask_also({});
    b_->ask_also({});
    return;
  }
  if (!view_a.snapshot || !view_b.snapshot || (view_a.snapshot == of_a_ && view_b.snapshot == of_b_)) return;
  of_a_ = view_a.snapshot;
  of_b_ = view_b.snapshot;
  auto difference = compare(*of_a_, *of_b_);
  difference_ = difference ? std::make_shared<const Snapshot>(std::move(*difference)) : nullptr;
  why_not_ = difference ? std::nullopt : std::optional(difference.error());
  if (Inputs more = more_to_report(*of_a_, *of_b_); !more.empty()) a.ask_also(std::move(more));
  if (Inputs more = more_to_report(*of_b_, *of_a_); !more.empty()) b_->ask_also(std::move(more));
}

bool Comparison::up_to_date(const LabInstance& a) const {
  if (!b_ || a.long_running()) return b_.has_value();
  const bool read = a.view().snapshot == of_a_ && b_->view().snapshot == of_b_;
  return b_->up_to_date() && (read || a.view().error || b_->view().error);
}

Shown Comparison::shown(bool wide) const { return chosen_.value_or(wide ? Shown::beside : Shown::difference); }

void Comparison::show_next(bool wide) {
  const auto at = std::find(std::begin(in_turn), std::end(in_turn), shown(wide)) - std::begin(in_turn);
  chosen_ = in_turn[(at + 1) % static_cast<std::ptrdiff_t>(std::size(in_turn))];
}

std::map<std::string, std::string> Comparison::over(const LabInstance& a) const {
  if (!b_) return over_;
  std::map<std::string, std::string> texts = unparse(b_->inputs());
  const auto one = texts.empty() ? texts : std::map<std::string, std::string>{*texts.rbegin()};
  std::erase_if(texts, [&](const auto& entry) {
    const auto same = a.inputs().find(entry.first);
    return same != a.inputs().end() && same->second == b_->inputs().find(entry.first)->second;
  });
  return texts.empty() ? one : texts;
}

// Which inputs, and the ways out of the comparison.
Comparison::Wish Comparison::draw_head(LabInstance& a, const Theme& theme, float width) {
  const auto word = [&](const char* key) { return theme.strings->get(std::string("compare.") + key); };
  const ImVec2 start = ImGui::GetCursorScreenPos();
  const std::vector<Segment> sides = {{"###edit-a", "", word("edit-a"), 'a'}, {"###edit-b", "", word("edit-b"), 'b'}};
  const bool wide = abreast(theme, width);
  float x = start.x;
  if (!wide) {
    if (const auto side = draw_segments(theme, sides, edits_b_ ? 1 : 0)) edits_b_ = *side == 1;
    x += segments_width(theme, sides);
  }
  const char* names[] = {"swap", "keep-a", "keep-b"};
  float needed = 0;
  for (const char* name : names) needed += label_width(theme.fonts.ui, theme.px(14), word(name)) + theme.px(18);
  ImVec2 at(start.x + width - needed + theme.px(10), start.y + theme.px(2));
  if (at.x < x + theme.px(8)) at = {start.x, start.y + segments_height(theme) + theme.px(4)};
  Wish wish = Wish::none;
  for (const char* name : names) {
    ImGui::SetCursorScreenPos(at);
    const std::string id = std::string("###") + name;
    const bool pressed = quiet_button(theme, id.c_str(), word(name));
    draw_tip(theme, word((std::string(name) + "-tip").c_str()));
    at.x += label_width(theme.fonts.ui, theme.px(14), word(name)) + theme.px(18);
    if (!pressed) continue;
    if (name == names[1]) wish = Wish::keep_a;
    if (name == names[2]) wish = Wish::keep_b;
    if (name != names[0]) continue;
    const Inputs of_a = a.inputs();
    a.edit_all(b_->inputs());
    b_->edit_all(of_a);
  }
  ImGui::SetCursorScreenPos({start.x, std::max(at.y - theme.px(2), start.y) + segments_height(theme) + theme.px(6)});
  ImGui::Dummy({0, 0});
  return wish;
}

// The inputs of one run, the ones that differ marked in its colour.
void Comparison::draw_side(LabInstance& lab, const LabInstance& other, const Theme& theme, float width) {
  const bool of_b = &lab == &*b_;
  const Inputs before = lab.inputs();
  ImGui::PushID(of_b ? "b" : "a");
  viewer::draw_inputs(lab, theme, width, InputMarks{other.inputs(), of_b});
  draw_run_controls(lab, theme, width);
  ImGui::PopID();
  if (lab.inputs() != before) edits_b_ = of_b;
}

Comparison::Wish Comparison::draw_inputs(LabInstance& a, const Theme& theme, float width, bool enter) {
  const float head = ImGui::GetCursorScreenPos().y;
  const Wish wish = draw_head(a, theme, width);
  if (enter) ImGui::SetKeyboardFocusHere();
  if (!abreast(theme, width)) {
    if (edits_b_) draw_side(*b_, a, theme, width);
    else draw_side(a, *b_, theme, width);
    return wish;
  }
  const ImVec2 start = ImGui::GetCursorScreenPos();
  const float half = (width - theme.px(gap)) / 2;
  float bottom = start.y;
  for (const bool of_b : {false, true}) {
    const float x = start.x + (of_b ? half + theme.px(gap) : 0);
    draw_run_sign(*ImGui::GetWindowDrawList(), theme, of_b, {x + theme.px(10), head + theme.px(13)}, theme.px(20));
    ImGui::SetCursorScreenPos({x, start.y});
    ImGui::BeginGroup();
    if (of_b) draw_side(*b_, a, theme, half);
    else draw_side(a, *b_, theme, half);
    ImGui::EndGroup();
    bottom = std::max(bottom, ImGui::GetItemRectMax().y);
  }
  ImGui::SetCursorScreenPos({start.x, bottom + theme.px(4)});
  ImGui::Dummy({0, 0});
  return wish;
}

void Comparison::draw_run(LabInstance& a, ShownResult& shown_a, bool of_b, const Theme& theme, float width,
                          bool signed_run) {
  if (signed_run) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    draw_run_sign(*ImGui::GetWindowDrawList(), theme, of_b, {at.x + theme.px(10), at.y + theme.px(10)}, theme.px(20));
    ImGui::Dummy({theme.px(20), theme.px(24)});
  }
  ImGui::PushID(of_b ? "result-b" : "result-a");
  draw_result(of_b ? shown_b_ : shown_a, of_b ? *b_ : a, theme, width);
  ImGui::PopID();
}

void Comparison::draw_both(LabInstance& a, ShownResult& shown_a, const Theme& theme, float width) {
  if (!abreast(theme, width)) {
    draw_run(a, shown_a, false, theme, width, true);
    ImGui::Dummy({0, theme.px(14)});
    draw_run(a, shown_a, true, theme, width, true);
    return;
  }
  const ImVec2 start = ImGui::GetCursorScreenPos();
  const float half = (width - theme.px(gap)) / 2;
  float bottom = start.y;
  for (const bool of_b : {false, true}) {
    ImGui::SetCursorScreenPos({start.x + (of_b ? half + theme.px(gap) : 0), start.y});
    ImGui::BeginGroup();
    draw_run(a, shown_a, of_b, theme, half, true);
    ImGui::EndGroup();
    bottom = std::max(bottom, ImGui::GetItemRectMax().y);
  }
  ImGui::SetCursorScreenPos({start.x, bottom});
  ImGui::Dummy({0, 0});
}

// The figure of the difference; where there is none, why, and both runs.
void Comparison::draw_difference(LabInstance& a, ShownResult& shown_a, const Theme& theme, float width) {
  const figure::Palette& colors = theme.colors();
  const auto say = [&](const std::string& what, const std::string& remedy) {
    draw_wrapped(theme, theme.fonts.ui_bold, 15, colors.ink, what, width);
    if (!remedy.empty()) draw_wrapped(theme, theme.fonts.ui, 15, colors.muted, remedy, width);
    ImGui::Dummy({0, theme.px(8)});
    draw_both(a, shown_a, theme, width);
  };
  if (a.view().error || b_->view().error || !of_a_ || !of_b_) return say(theme.strings->get("compare.waiting"), "");
  if (why_not_) {
    const Message message = describe(*why_not_, *theme.strings);
    return say(message.what, message.remedy);
  }
  const bool late = is_late(a) || is_late(*b_);
  ImGui::PushID("difference");
  const auto set = figure_.draw(difference_, theme, width, late, {of_a_.get(), of_b_.get()});
  ImGui::PopID();
  if (late) draw_label(theme, theme.fonts.ui, 13, colors.muted, theme.strings->get("lab.computing"));
  if (!set) return;
  a.edit_all(*set);                                  // a place in the difference is the same place in both
  b_->edit_all(*set);
}

void Comparison::draw_results(LabInstance& a, ShownResult& shown_a, const Theme& theme, float width) {
  const auto word = [&](const char* key) { return theme.strings->get(std::string("compare.") + key); };
  const std::vector<Segment> views = {{"###show-a", "", word("show-a"), 'a'},
                                      {"###show-b", "", word("show-b"), 'b'},
                                      {"###show-difference", word("difference"), word("show-difference")},
                                      {"###show-beside", word("beside"), word("show-beside")}};
  const Shown now = shown(abreast(theme, width));
  const auto at = std::find(std::begin(in_turn), std::end(in_turn), now) - std::begin(in_turn);
  const ImVec2 start = ImGui::GetCursorScreenPos();
  if (const auto chosen = draw_segments(theme, views, static_cast<std::size_t>(at))) chosen_ = in_turn[*chosen];
  ImGui::SetCursorScreenPos({start.x, start.y + segments_height(theme) + theme.px(10)});
  switch (now) {
    case Shown::a: return draw_run(a, shown_a, false, theme, width, false);
    case Shown::b: return draw_run(a, shown_a, true, theme, width, false);
    case Shown::difference: return draw_difference(a, shown_a, theme, width);
    case Shown::beside:
    case Shown::all: return draw_both(a, shown_a, theme, width);
  }
}

std::map<std::string, std::string> take_over(std::map<std::string, std::string>& inputs) {
  std::map<std::string, std::string> over;
  for (auto entry = inputs.begin(); entry != inputs.end();) {
    if (entry->first.starts_with(of_b_prefix)) {
      over.emplace(entry->first.substr(of_b_prefix.size()), entry->second);
      entry = inputs.erase(entry);
    } else {
      ++entry;
    }
  }
  return over;
}

}  // namespace tb::viewer
