// What the audience sees of a presentation, and what the lecturer is told of it.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "viewer/enlarged_lab.h"
#include "viewer/presenter_stage.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;

constexpr float kNarrowest = 600;                         // of the screen, pixels at scale 1: some 60 characters
constexpr float kFoot = 34;                               // pixels at scale 1
constexpr int kMostDots = 12;                             // for more screenfuls their number

double seconds_since(Clock::time_point time) { return std::chrono::duration<double>(Clock::now() - time).count(); }

}  // namespace

// A lab alone is set so that its own text, which is smaller than the page's, has the body's size.
void Presenter::fit(ImVec2 screen) {
  const bool lab = !at_end() && shown_ && stage().directives.is_enlarged();
  const float by_height = screen.y * kPresentedText / theme_.sizes.text, by_width = screen.x / kNarrowest;
  const float scale = std::min(by_height, by_width) * zoom_ * (lab ? theme_.sizes.text / theme_.sizes.ui : 1.f);
  if (styled_ && scale == theme_.scale) return;
  theme_.scale = std::max(scale, 0.1f);
  styled_ = true;
  apply_style(theme_);
}

void Presenter::draw(ImVec2 origin, ImVec2 size) {
  look_ahead();
  if (blank_) {
    ImGui::GetWindowDrawList()->AddRectFilled(origin, {origin.x + size.x, origin.y + size.y}, IM_COL32(0, 0, 0, 255));
    return;
  }
  if (at_end()) {
    draw_end(origin, size);
  } else if (const OpenChapter& chapter = chapter_of(at_); !chapter.document) {
    const float width = std::min(theme_.px(480), size.x - theme_.px(40));
    ImGui::SetCursorScreenPos({origin.x + (size.x - width) / 2, origin.y + theme_.px(60)});
    if (chapter.error) draw_error_card(theme_, *chapter.error, width);
  } else if (stage().directives.is_enlarged()) {
    const OutOfSight rest = draw_enlarged_lab(stage().directives, theme_, origin,
                                              {size.x, size.y - std::ceil(theme_.px(kFoot))}, lab_scroll_);
    lab_above_ = rest.above, lab_below_ = rest.below;
  } else {
    ImGui::SetCursorScreenPos(origin);
    ImGui::BeginChild("presented", size, ImGuiChildFlags_None,
                      ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    stage().directives.begin_frame();
    const auto link = page_.draw(theme_, stage().directives);
    ImGui::EndChild();
    if (link) follow(*link);
  }
  if (!at_end() && shown_)
    if (const auto block = stage().directives.take_wanted_block()) {   // a question that stands in the text
      stage().directives.shrink_lab();
      page_.show_screen_of(*block);
    }
  const float foot = std::ceil(theme_.px(kFoot));
  draw_foot({origin.x, origin.y + size.y - foot}, {size.x, foot});
}

void Presenter::draw_end(ImVec2 origin, ImVec2 size) const {
  const auto centered = [&](ImFont* font, float pixels, figure::Color color, const std::string& text, float y) {
    const std::string line = shortened(font, theme_.px(pixels), text, size.x - theme_.px(48));
    ImGui::SetCursorScreenPos({origin.x + (size.x - label_width(font, theme_.px(pixels), line)) / 2, origin.y + y});
    draw_label(theme_, font, pixels, color, line);
  };
  centered(theme_.fonts.ui_bold, 26, theme_.colors().ink, show_.title, 0.42f * size.y);
  centered(theme_.fonts.ui, 15, theme_.colors().muted, theme_.strings->get("presenter.end"),
           0.42f * size.y + theme_.px(44));
}

// How much of a section is left, one dot for each screenful, and the number of the page.
void Presenter::draw_foot(ImVec2 origin, ImVec2 size) const {
  const figure::Palette& c = theme_.colors();
  ImGui::SetCursorScreenPos(origin);
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_imgui(c.paper));
  ImGui::BeginChild("foot", size, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoInputs);
  ImGui::PopStyleColor();
  constexpr float pixels = 13;
  const float middle = origin.y + size.y / 2 - theme_.px(3), text_at = middle - theme_.px(pixels) * 0.6f;
  const std::string number = page_label();
  const float number_at = origin.x + size.x - theme_.px(24) - label_width(theme_.fonts.ui, theme_.px(pixels), number);
  ImGui::SetCursorScreenPos({number_at, text_at});
  draw_label(theme_, theme_.fonts.ui, pixels, c.muted, number);

  const ModelView model = setup_.compute->model();
  if (model.state == ModelView::State::loading || model.state == ModelView::State::failed) {
    const bool failed = model.state == ModelView::State::failed;
    ImGui::SetCursorScreenPos({origin.x + theme_.px(24), text_at});
    draw_label(theme_, theme_.fonts.ui, pixels, failed ? c.warn : c.muted,
               theme_.strings->get(failed ? "status.failed" : "status.loading"));
  }
  const Page::Screens screens = page_.screens();
  const auto shown = stages_.find(stage_of(at_));         // none of a chapter that cannot be read
  const bool alone = at_end() || shown == stages_.end() || shown->second->directives.is_enlarged();
  if (!alone && screens.count > 1) {
    const float apart = theme_.px(14), radius = theme_.px(3.4f);
    if (screens.count > kMostDots) {
      const std::string text = std::to_string(screens.at + 1) + " / " + std::to_string(screens.count);
      ImGui::SetCursorScreenPos(
          {origin.x + (size.x - label_width(theme_.fonts.ui, theme_.px(pixels), text)) / 2, text_at});
      draw_label(theme_, theme_.fonts.ui, pixels, c.accent, text);
    } else {
      const float left = origin.x + (size.x - static_cast<float>(screens.count - 1) * apart) / 2;
      for (int i = 0; i < screens.count; ++i)
        ImGui::GetWindowDrawList()->AddCircleFilled({left + static_cast<float>(i) * apart, middle}, radius,
                                                    to_imgui(i == screens.at ? c.accent : i < screens.at ? c.muted : c.rule));
    }
  }
  ImGui::EndChild();
}

void Presenter::draw_over() {
  const auto name = [this](const std::string& place) {
    for (std::size_t i = 0; i < show_.slides.size(); ++i)
      if (setup_.chapters[show_.slides[i].chapter].slug + "#" + show_.slides[i].anchor == place) return title_of(i);
    return std::string();
  };
  const bool text = !blank_ && !at_end() && shown_ && !stage().directives.is_enlarged();
  if (text)
    if (const auto place = link_card_.draw(theme_, page_, name)) {
      link_card_.close();
      follow(*place);
    }
  if (!blank_) spot_.draw(theme_, ImGui::GetMainViewport()->Size);
  else ImGui::SetMouseCursor(ImGuiMouseCursor_None);
}

std::optional<NotesView> Presenter::notes(int displays) {
  if (displays != displays_) notes_wish_.reset();         // it was for other displays than there are now
  displays_ = displays;
  notes_shown_ = on_ && notes_wish_.value_or(displays > 1);
  if (!notes_shown_) return std::nullopt;
  NotesView view;
  view.title = show_.title;
  view.step = at_ + 1;
  view.steps = show_.slides.size();
  for (const Slide& s : show_.slides) view.planned += 60 * s.minutes;
  view.elapsed = seconds_since(began_);
  view.blank = blank_;
  if (!at_end()) {
    view.now = title_of(at_);
    view.notes = slide().notes;
    view.step_planned = 60 * slide().minutes;
    view.step_elapsed = seconds_since(step_began_);
    if (!stage().directives.is_enlarged()) {
      view.screen = page_.screens().at + 1;
      view.screens = page_.screens().count;
    }
  }
  if (at_ + 1 < show_.slides.size()) view.next = title_of(at_ + 1);
  const ModelView model = setup_.compute->model();
  if (model.state == ModelView::State::loading) view.model = theme_.strings->get("status.loading");
  if (model.state == ModelView::State::failed) view.model = theme_.strings->get("status.failed");
  return view;
}

}  // namespace tb::viewer
