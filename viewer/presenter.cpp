#include "viewer/presenter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <imgui_internal.h>

#include "book/footnotes.h"
#include "viewer/enlarged_lab.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;

constexpr float kNarrowest = 600;                         // of the screen, pixels at scale 1: some 60 characters
constexpr float kSmallestZoom = 0.7f, kLargestZoom = 1.6f;
constexpr float kFoot = 34;                               // pixels at scale 1
constexpr int kMostDots = 12;                             // for more screenfuls their number

double seconds_since(Clock::time_point time) { return std::chrono::duration<double>(Clock::now() - time).count(); }

}  // namespace

struct Presenter::Stage {
  Stage(const ReaderSetup& setup, const Theme& theme, std::string space)
      : labs(*setup.compute, std::move(space)), directives(setup.root, labs, theme, nullptr, setup.exercises) {
    directives.set_result_first();
  }
  LabPanels labs;
  Directives directives;
};

Presenter::Presenter(const ReaderSetup& setup, const std::map<std::string, Strings>& strings)
    : setup_(setup), strings_(strings), link_card_(setup.glossary) {}
Presenter::~Presenter() = default;

void Presenter::start(Show show, const Theme& theme) {
  stop();
  on_ = true;
  show_ = std::move(show);
  language_ = show_.language;
  theme_ = theme;
  if (theme_.id == figure::Theme::sepia) theme_.id = figure::Theme::light;
  theme_.reduced_motion = true;                           // a screenful is there at once, as with slides
  theme_.strings = &strings_.at(language_);
  zoom_ = 1;
  styled_ = blank_ = false;
  began_ = Clock::now();
  show_slide(show_.first, 0);
}

void Presenter::stop() {
  on_ = false;
  spot_.put_out();
  link_card_.close();
  stages_.clear();
  chapters_.clear();
  shown_.reset();
  notes_wish_.reset();
}

Presenter::Stage& Presenter::stage() {
  const std::size_t key = show_.is_lesson ? at_ : 0;
  auto& stage = stages_[key];
  if (!stage) stage = std::make_unique<Stage>(setup_, theme_, "present/" + std::to_string(key) + "/");
  return *stage;
}

const OpenChapter& Presenter::chapter_of(std::size_t slide) {
  const std::size_t chapter = show_.slides[slide].chapter;
  const auto key = std::pair(chapter, language_);
  auto known = chapters_.find(key);
  if (known == chapters_.end())
    known = chapters_.emplace(key, open_chapter(setup_.chapters, chapter, language_, setup_.glossary)).first;
  return known->second;
}

std::string Presenter::section_of(std::size_t slide) {
  const Slide& s = show_.slides[slide];
  const OpenChapter& chapter = chapter_of(slide);
  return s.lab_alone && chapter.document ? anchor_of(*chapter.document, "lab", s.lab) : s.anchor;
}

std::string Presenter::title_of(std::size_t slide) {
  const OpenChapter& chapter = chapter_of(slide);
  const Slide& s = show_.slides[slide];
  if (!chapter.document) return setup_.chapters[s.chapter].slug;
  std::string title = chapter.document->title;
  const std::string anchor = section_of(slide);
  for (const book::Block& block : chapter.document->blocks)
    if (block.kind == book::Block::Kind::heading && block.level >= 2 && block.anchor == anchor)
      title = book::plain_text(block.spans);
  if (s.lab_alone)
    book::for_each_block(chapter.document->blocks, [&](const book::Block& block) {
      if (block.directive.kind == "lab" && block.directive.id == s.lab)
        title = theme_.strings->get("lab." + block.directive.value("lab") + ".title");
    });
  return title;
}

// The steps' own states are made when they are first shown; after that what the lecturer did there stays.
void Presenter::show_slide(std::size_t index, int screen) {
  at_ = index;
  step_began_ = Clock::now();
  link_card_.close();
  if (at_end()) return;
  const OpenChapter& chapter = chapter_of(at_);
  if (!chapter.document) return;
  const std::string& slug = setup_.chapters[slide().chapter].slug;
  const bool begins = !stages_.contains(show_.is_lesson ? at_ : 0);
  Directives& directives = stage().directives;
  if (begins) {
    if (!slide().lab.empty()) stage().labs.begin_with(slug, slide().lab, slide().inputs);
    if (show_.inputs)
      for (const std::string& lab : lab_instances(*chapter.document))
        stage().labs.begin_with(slug, lab, show_.inputs(slug, lab));
  }
  directives.show(slug, *chapter.document);
  directives.exercises().set_typesetter(page_.typesetter());
  directives.set_room_beside(theme_.strings->get("presenter.no-room"));
  directives.shrink_lab();
  if (slide().lab_alone) directives.enlarge_lab(slide().lab);
  lab_scroll_ = -1e7f;
  lab_below_ = lab_above_ = 0;
  if (shown_ != chapter.document)
    page_.show(chapter.document, [&directives](const book::Directive& code) { return directives.listing(code); });
  shown_ = chapter.document;
  page_.show_section(section_of(at_), screen);
}

void Presenter::next() {
  if (at_end()) return;
  Directives& directives = stage().directives;
  if (directives.is_enlarged()) {
    if (lab_below_ > 1) {
      lab_scroll_ = std::min(lab_below_, 0.8f * ImGui::GetIO().DisplaySize.y);
      return;
    }
    if (!slide().lab_alone) return directives.shrink_lab();
  }
  const Page::Screens screens = page_.screens();
  if (!directives.is_enlarged() && shown_ && screens.at + 1 < screens.count)
    page_.show_section(section_of(at_), screens.at + 1);
  else
    show_slide(at_ + 1, 0);
}

void Presenter::previous() {
  if (!at_end() && stage().directives.is_enlarged()) {
    if (lab_above_ > 1) {
      lab_scroll_ = -std::min(lab_above_, 0.8f * ImGui::GetIO().DisplaySize.y);
      return;
    }
    if (!slide().lab_alone) return stage().directives.shrink_lab();
  } else if (!at_end() && page_.screens().at > 0) {
    return page_.show_section(section_of(at_), page_.screens().at - 1);
  }
  if (at_ > 0) show_slide(at_ - 1, -1);
}

// A lesson's step has its own state of its lab; everything else goes back to the chapter's.
void Presenter::reset() {
  if (at_end() || !shown_) return;
  const std::string& slug = setup_.chapters[slide().chapter].slug;
  for (const std::string& lab : lab_instances(*shown_))
    if (stage().directives.labs_in_sight().contains(lab))
      stage().labs.begin_with(slug, lab, lab == slide().lab ? slide().inputs : std::map<std::string, std::string>());
}

// The lab in front; where none is in sight, the step's own.
void Presenter::enlarge() {
  if (at_end()) return;
  Directives& directives = stage().directives;
  if (!directives.is_enlarged() && directives.lab_in_front().empty() && !slide().lab.empty())
    directives.enlarge_lab(slide().lab);
  else
    directives.enlarge_lab();
  lab_scroll_ = -1e7f;
  lab_below_ = lab_above_ = 0;
}

void Presenter::resize(float zoom) { zoom_ = std::clamp(zoom, kSmallestZoom, kLargestZoom); }

void Presenter::follow(const std::string& link) {
  const bool in_place = link.starts_with(book::term_scheme) || link.starts_with(book::note_scheme) ||
                        page_.leads_to(link) == book::Excerpt::Kind::source;
  if (in_place) return link_card_.hold(page_);
  const std::size_t hash = link.find('#');
  if (hash == std::string::npos || at_end()) return;
  const std::string chapter = link.substr(0, hash), anchor = link.substr(hash + 1);
  for (std::size_t i = 0; i < show_.slides.size(); ++i)
    if ((chapter.empty() ? show_.slides[i].chapter == slide().chapter
                         : setup_.chapters[show_.slides[i].chapter].slug == chapter) &&
        show_.slides[i].anchor == anchor && !show_.slides[i].lab_alone)
      return show_slide(i, 0);
}

void Presenter::act(Action action) {
  if (blank_ && action != Action::blank && action != Action::notes && action != Action::swap_displays) {
    blank_ = false;                                       // a clicker's next key brings the picture back
    if (action == Action::next_step || action == Action::previous_step) return;
  }
  switch (action) {
    case Action::next_step: next(); break;
    case Action::previous_step: previous(); break;
    case Action::first_step: show_slide(0, 0); break;
    case Action::last_step: show_slide(show_.slides.empty() ? 0 : show_.slides.size() - 1, 0); break;
    case Action::blank: blank_ = !blank_; break;
    case Action::spot: spot_.toggle(); break;
    case Action::reset_step: reset(); break;
    case Action::swap_displays: swapped_ = !swapped_; break;
    case Action::notes: notes_wish_ = !notes_shown_; break;
    case Action::enlarge: enlarge(); break;
    case Action::compare: if (!at_end()) stage().directives.compare_lab(); break;
    case Action::enter_lab: if (!at_end()) stage().directives.enter_lab(); break;
    case Action::larger: resize(zoom_ + 0.1f); break;
    case Action::smaller: resize(zoom_ - 0.1f); break;
    case Action::normal_size: resize(1); break;
    case Action::term: if (!at_end()) link_card_.step(page_, LinkCard::Kind::term); break;
    case Action::reference: if (!at_end()) link_card_.step(page_, LinkCard::Kind::reference); break;
    case Action::copy: page_.copy(); break;
    case Action::theme:
      theme_.id = theme_.id == figure::Theme::dark ? figure::Theme::light : figure::Theme::dark;
      styled_ = false;
      break;
    case Action::language:
      language_ = language_ == "en" ? "ru" : "en";
      theme_.strings = &strings_.at(language_);
      show_slide(at_, page_.screens().at);
      break;
    default: break;
  }
}

bool Presenter::close_one() {
  if (link_card_.is_open()) link_card_.close();
  else if (blank_) blank_ = false;
  else if (spot_.is_on()) spot_.put_out();
  else if (!at_end() && stage().directives.is_enlarged() && !slide().lab_alone) stage().directives.shrink_lab();
  else return false;
  return true;
}

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
  const bool alone = at_end() || stages_.at(show_.is_lesson ? at_ : 0)->directives.is_enlarged();
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

bool Presenter::animating() const {
  if (!on_) return false;
  const auto stage = stages_.find(show_.is_lesson ? at_ : 0);
  return page_.animating() || link_card_.waiting() || (stage != stages_.end() && stage->second->labs.animating());
}

double Presenter::patience() const {
  if (!on_) return std::numeric_limits<double>::infinity();
  // The lecturer's clock goes by seconds.
  const double clock = notes_shown_ ? 1.0 - std::fmod(seconds_since(began_), 1.0) + 0.01
                                    : std::numeric_limits<double>::infinity();
  return std::min(clock, spot_.patience());
}

bool Presenter::settled() const {
  const auto stage = stages_.find(show_.is_lesson ? at_ : 0);
  if (at_end() || stage == stages_.end()) return true;
  const auto& labs = stage->second->directives.labs_in_sight();
  return std::none_of(labs.begin(), labs.end(), [&](const std::string& lab) {
    return setup_.compute->view(stage->second->labs.slot(setup_.chapters[slide().chapter].slug, lab)).waiting;
  });
}

std::string Presenter::page_label() const {
  return at_end() ? "" : std::to_string(at_ + 1) + " / " + std::to_string(show_.slides.size());
}

std::optional<NotesView> Presenter::notes(int displays) {
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
