#include "viewer/presenter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <imgui_internal.h>

#include "book/footnotes.h"
#include "viewer/presenter_stage.h"

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;

constexpr float kSmallestZoom = 0.7f, kLargestZoom = 1.6f;

double seconds_since(Clock::time_point time) { return std::chrono::duration<double>(Clock::now() - time).count(); }

}  // namespace

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
  ahead_.clear();
  chapters_.clear();
  shown_.reset();
  notes_wish_.reset();
}

Presenter::Stage& Presenter::stage(std::size_t slide) {
  auto& stage = stages_[stage_of(slide)];
  if (!stage) stage = std::make_unique<Stage>(setup_, theme_, "present/" + std::to_string(stage_of(slide)) + "/");
  return *stage;
}

// Its labs begin in the lesson's states, or in the learner's; after that what the lecturer did there stays.
Presenter::Stage& Presenter::prepare(std::size_t slide, const book::Document& document) {
  Stage& made = stage(slide);
  if (std::exchange(made.begun, true)) return made;
  const Slide& step = show_.slides[slide];
  const std::string& slug = setup_.chapters[step.chapter].slug;
  if (!step.lab.empty()) made.labs.begin_with(slug, step.lab, step.inputs);
  if (show_.inputs)
    for (const std::string& lab : lab_instances(document)) made.labs.begin_with(slug, lab, show_.inputs(slug, lab));
  return made;
}

// Half a second is long when a room waits for the next picture. What the lecturer does meanwhile comes first: the job
// is stopped, and begins again when nothing in sight waits, or when its lab has come into sight itself.
void Presenter::look_ahead() {
  if (!on_ || at_end()) return;
  const auto is_in_sight = [&](const std::string& slot) {
    const Stage& shown = stage();
    const auto& labs = shown.directives.labs_in_sight();
    const std::string& slug = setup_.chapters[slide().chapter].slug;
    return std::any_of(labs.begin(), labs.end(), [&](const auto& lab) { return shown.labs.slot(slug, lab) == slot; });
  };
  const auto go_on = [&] {
    const LabView stopped = setup_.compute->view(ahead_);
    if (stopped.error && stopped.error->code == "job.stopped") setup_.compute->retry(ahead_);
  };
  if (is_in_sight(ahead_)) {
    go_on();
    ahead_.clear();
  }
  if (!settled()) return setup_.compute->stop(ahead_);
  go_on();
  for (std::size_t i = at_; i < show_.slides.size() && i <= at_ + 1; ++i) {
    const book::Document* document = chapter_of(i).document.get();
    if (!document) continue;
    LabPanels& labs = prepare(i, *document).labs;
    const Slide& step = show_.slides[i];
    const std::string& slug = setup_.chapters[step.chapter].slug;
    for (const book::Directive* lab : labs_under(*document, section_of(i))) {
      const std::string slot = labs.slot(slug, lab->id);
      if ((step.lab_alone && lab->id != step.lab) || is_in_sight(slot)) continue;
      labs.keep_up(slug, *lab, theme_);
      if (!setup_.compute->view(slot).waiting) continue;     // done, or a long run that nobody has started
      ahead_ = slot;
      return;
    }
  }
  ahead_.clear();
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

void Presenter::show_slide(std::size_t index, int screen) {
  at_ = index;
  step_began_ = Clock::now();
  link_card_.close();
  if (at_end()) return;
  const OpenChapter& chapter = chapter_of(at_);
  if (!chapter.document) return;
  const std::string& slug = setup_.chapters[slide().chapter].slug;
  Directives& directives = prepare(at_, *chapter.document).directives;
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

bool Presenter::animating() const {
  if (!on_) return false;
  const auto stage = stages_.find(stage_of(at_));
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
  const auto stage = stages_.find(stage_of(at_));
  if (at_end() || stage == stages_.end()) return true;
  const auto& labs = stage->second->directives.labs_in_sight();
  return std::none_of(labs.begin(), labs.end(), [&](const std::string& lab) {
    return setup_.compute->view(stage->second->labs.slot(setup_.chapters[slide().chapter].slug, lab)).waiting;
  });
}

std::string Presenter::page_label() const {
  return at_end() ? "" : std::to_string(at_ + 1) + " / " + std::to_string(show_.slides.size());
}

}  // namespace tb::viewer
