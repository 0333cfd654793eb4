// The reader at a projector: it begins to present, passes keys on, and stands where it stood when it is over.
#include <algorithm>
#include <utility>

#include <imgui_internal.h>

#include "viewer/help.h"
#include "viewer/reader_state.h"

namespace tb::viewer {

// The chapter section by section, with the labs as the learner has set them.
Show Reader::State::show_of_chapter() const {
  Show show;
  show.language = language;
  const std::string here = page.place().anchor;
  const auto add = [&](const std::string& anchor) {
    if (anchor == here) show.first = show.slides.size();
    Slide slide;
    slide.chapter = chapter;
    slide.anchor = anchor;
    show.slides.push_back(std::move(slide));
  };
  show.title = opened.document->title;
  add("");
  for (const book::Block& block : opened.document->blocks)
    if (block.kind == book::Block::Kind::heading && block.level >= 2 && !block.anchor.empty()) add(block.anchor);
  show.inputs = [this](const std::string& slug, const std::string& lab) { return labs.inputs(slug, lab); };
  return show;
}

Show Reader::State::show_of_lesson(const book::Lesson& given, std::size_t first) const {
  Show show{given.title, given.language.empty() ? language : given.language, {}, first, true, {}};
  for (const book::LessonStep& step : given.steps) {
    const auto at = find_chapter(setup.chapters, step.place.chapter);
    if (!at) continue;                                    // faults() has named it before
    show.slides.push_back({*at, step.place.anchor, step.place.lab, step.place.inputs,
                           step.place.anchor.empty() && !step.place.lab.empty(), step.notes, step.minutes});
  }
  return show;
}

void Reader::State::present(Show show) {
  if (presenter.is_on() || show.slides.empty()) return;
  help_open = false;
  palette.close();
  search.close();
  link_card.close();
  symbol_card.close();
  models.close();
  tour.close();
  progress.close();
  marks.close_list();
  if (marks.is_writing()) marks.close_note();
  lesson.close();
  set_inside(false);
  full_screen_before = std::exchange(full_screen, true);
  presenter.start(std::move(show), theme);
}

void Reader::State::leave_presentation() {
  if (help_open) help_open = false;
  else if (ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup)) ImGui::ClosePopupToLevel(0, true);
  else if (inside_lab || ImGui::GetIO().WantTextInput) set_inside(false);
  else if (!presenter.close_one()) end_presentation();
}

void Reader::State::end_presentation() {
  presenter.stop();
  full_screen = full_screen_before;
  restyle();
}

void Reader::State::act_presenting(Action action) {
  switch (action) {
    case Action::leave: leave_presentation(); break;
    case Action::full_screen: full_screen = !full_screen; break;
    case Action::help: help_open = !help_open; break;
    case Action::enter_lab:
      presenter.act(action);
      set_inside(true);
      break;
    case Action::next_step:
    case Action::previous_step:
      set_inside(false);
      presenter.act(action);
      break;
    default: presenter.act(action); break;
  }
}

void Reader::State::draw_presentation(ImVec2 origin, ImVec2 size) {
  presenter.draw(origin, size);
  Theme of_help = presenter.theme();                      // so that the whole list is on the screen
  of_help.scale = std::min(of_help.scale, size.y / 720);
  draw_help(of_help, true, help_open);
}

std::optional<NotesView> Reader::notes(int displays) { return state_->presenter.notes(displays); }

void Reader::close_notes() { state_->presenter.close_notes(); }

void Reader::restart_clock() { state_->presenter.restart_clock(); }

}  // namespace tb::viewer
