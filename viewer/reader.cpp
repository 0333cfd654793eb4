#include "viewer/reader.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "viewer/help.h"
#include "viewer/reader_state.h"
#include "viewer/sidebar.h"
#include "viewer/status_line.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr double kNotice = 1.5;                           // seconds that it says that a link was copied
constexpr double kSaveDelay = 1.0;                        // seconds from the last change to the disk

}  // namespace

Result<void> Reader::State::load_strings() {
  for (const char* lang : {"en", "ru"}) {
    auto loaded = Strings::load(setup.root / "assets" / "strings", lang);
    if (!loaded) return tl::unexpected(loaded.error());
    strings.emplace(lang, std::move(*loaded));
  }
  return {};
}

void Reader::State::restyle() {
  theme.scale = display_scale * text_size;
  theme.strings = &strings.at(language);
  if (!presenter.is_on()) apply_style(theme);             // which has a style of its own
}

void Reader::State::draw_reader(ImVec2 origin, ImVec2 size) {
  const float status = theme.px(kStatusHeight), height = size.y - status;
  const bool exercise = directives.exercises().is_open() && opened.document;
  const bool enlarged = directives.is_enlarged() && opened.document;
  const bool contents = contents_shown() && !enlarged && !exercise;

  // The page keeps its column in the middle of the window, so that the text stays where it is when the contents open.
  const bool over_text = !has_room_for_contents();
  const float left = contents && !over_text ? theme.px(theme.sizes.contents) : 0;
  if (exercise) {
    directives.begin_frame();
    directives.exercises().draw_open(origin, {size.x, height});
  } else if (enlarged) {
    draw_enlarged(origin, {size.x, height});
  } else {
    const ImVec2 at(origin.x + left, origin.y);
    const float room = room_of_page(at, {size.x - left, height});
    draw_page(at, {room, height});
    if (directives.is_pinned()) draw_pinned({at.x + room, at.y}, {size.x - left - room, height});
    find.draw(theme, page, {origin.x + size.x - theme.px(24), origin.y + theme.px(14)});
  }
  if (contents) {
    draw_contents(origin, height);
  } else if (!enlarged && !exercise) {
    // A window of its own, since the page's lies over what is drawn in ours.
    ImGui::SetCursorScreenPos({origin.x + theme.px(12), origin.y + theme.px(12)});
    ImGui::BeginChild("unfold", {theme.px(34), theme.px(30)}, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar);
    if (quiet_button(theme, "contents", "☰", 18)) act(Action::contents);
    note_item(Landmark::contents);
    ImGui::SetItemTooltip("%s", theme.strings->get("keys.contents").c_str());
    ImGui::EndChild();
  }
  draw_lesson(origin, {size.x, height});
  draw_status({origin.x, origin.y + height}, {size.x, status});
  if (setup.bad_end && !help_open)                        // which lies over everything
    if (const auto choice = draw_safe_start(theme, *setup.bad_end)) after_bad_end(*choice);
  draw_help(theme, false, help_open);
}

void Reader::State::draw_page(ImVec2 origin, ImVec2 size) {
  ImGui::SetCursorScreenPos(origin);
  ImGui::BeginChild("page", size, ImGuiChildFlags_None,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (opened.document) {
    directives.begin_frame();
    if (const auto link = page.draw(theme, directives)) follow(*link);
    if (const auto block = directives.take_wanted_block()) page.reveal_block(*block);
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Right) && ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows))
      copy_link_under_mouse();
    if (link_copied_at && ImGui::GetTime() - *link_copied_at > kNotice) link_copied_at.reset();
    if (link_copied_at) ImGui::SetTooltip("%s", theme.strings->get("link.copied").c_str());
    ++frames_of_page;
    // Not before: the exercise is set in the page's type.
    if (!setup.exercise.empty()) open_exercise(std::exchange(setup.exercise, {}));
    draw_traces(origin, size);
  } else if (opened.error) {
    const float width = std::min(theme.px(560), size.x - theme.px(40));
    ImGui::SetCursorScreenPos({origin.x + (size.x - width) / 2, origin.y + theme.px(96)});
    if (draw_error_card(theme, *opened.error, width, theme.strings->get("page.read-again").c_str()))
      show_chapter(chapter, page.place());
  }
  ImGui::EndChild();
}

void Reader::State::draw_contents(ImVec2 origin, float height) {
  const bool over_text = !has_room_for_contents();
  const figure::Palette& c = theme.colors();
  const float width = theme.px(theme.sizes.contents);
  ImGui::SetCursorScreenPos(origin);
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_imgui(over_text ? c.card : c.paper));
  ImGui::BeginChild("contents", {width, height}, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar);
  ImGui::PopStyleColor();
  ImGui::GetWindowDrawList()->AddLine({origin.x + width - 1, origin.y}, {origin.x + width - 1, origin.y + height},
                                      to_imgui(c.rule), std::max(1.f, theme.scale));
  const SidebarChoice choice =
      draw_sidebar(theme, {setup.chapters, chapter, opened.sections, page.place().anchor, language, study.sections()});
  note_landmark(Landmark::contents, origin, {origin.x + width, origin.y + height});
  ImGui::EndChild();
  if (choice.chapter) go(*choice.chapter, {});
  if (choice.anchor) go(chapter, {*choice.anchor, 0});
  if (choice.action) act(*choice.action);
  if (over_text && (choice.chapter || choice.anchor)) contents_open = false;
}

void Reader::State::draw_status(ImVec2 origin, ImVec2 size) {
  ImGui::SetCursorScreenPos(origin);
  ImGui::BeginChild("status", size, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar);
  const ModelView model = setup.compute->model();
  const auto clicked =
      draw_status_line(theme, model, last_model.lost(), own_code.notice(*theme.strings),
                       learner.error() ? learner.error() : setup.unkept);
  ImGui::EndChild();
  if (clicked) act(*clicked);
  if (const auto chosen = models.draw(theme, model)) choose(*chosen);
}

Settings Reader::State::remembered() const {
  if (!setup.state) return {};
  Settings all = read_settings(*setup.state);
  if (!setup.bad_end) return all;
  Settings harmless;
  harmless.language = all.language;
  harmless.theme = all.theme;
  harmless.text_size = all.text_size;
  harmless.window = all.window;
  return harmless;
}

void Reader::State::after_bad_end(AfterBadEnd choice) {
  setup.bad_end.reset();
  if (choice == AfterBadEnd::begin_anew) {
    for (const char* key : {"lab/", "model", "place", "pinned/", "enlarged/"})
      (void)setup.state->forget(key);   // what could not be forgotten is asked for again, should it do harm again
    saved = remembered();
    return;
  }
  saved = remembered();
  chosen_model = saved.model;
  if (!chosen_model.empty() && !setup.model_asked_for)
    setup.compute->load(last_model.start(chosen_model, setup.models, setup.model));
  if (saved.place && !setup.place)
    if (const auto found = find_chapter(setup.chapters, saved.place->chapter))
      return show_chapter(*found, {saved.place->anchor, saved.fraction});
  show_chapter(chapter, page.place());
}

Settings Reader::State::current() const {
  Settings now = saved;
  now.language = language;
  now.theme = theme.id;
  now.text_size = text_size;
  now.model = chosen_model;
  now.contents_hidden = contents_hidden;
  now.tour_seen = tour_seen;
  now.reduced_motion = reduced_motion;
  now.lesson = lesson.file().path().string();
  if (frames_of_page > 1) {                               // a jump takes effect in the frame after it
    const PagePlace place = page.place();
    now.place = book::Place{setup.chapters[chapter].slug, place.anchor, "", {}};
    now.fraction = place.fraction;
  }
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  if (size.x > 0 && !full_screen)
    now.window = WindowSize{static_cast<int>(std::lround(size.x / display_scale)),
                            static_cast<int>(std::lround(size.y / display_scale))};
  return now;
}

void Reader::State::note_changes() {
  if (!setup.state || setup.bad_end) return;
  const auto now = Clock::now();
  if (!changed_at && (current() != saved || directives.seats() != seats || !changed_labs.empty())) changed_at = now;
  if (changed_at && std::chrono::duration<double>(now - *changed_at).count() > kSaveDelay) save();
}

void Reader::State::save() {
  changed_at.reset();
  lesson.keep();
  if (!setup.state || setup.bad_end) return;
  const Settings now = current();
  // A full disk is no reason to stop reading: what could not be written is tried again at the next change.
  if (write_settings(*setup.state, saved, now)) saved = now;
  for (const auto& [slug, instance] : changed_labs)
    (void)write_inputs(*setup.state, slug, instance, labs.inputs(slug, instance));
  changed_labs.clear();
  save_seats();
}

Reader::Reader() = default;
Reader::~Reader() {
  state_->marks.close_note();
  state_->directives.exercises().close();
  state_->study.look_away(ImGui::GetCurrentContext() ? ImGui::GetTime() : 0);   // what was read last counts, too
  save();
}

Result<std::unique_ptr<Reader>> Reader::create(ReaderSetup setup) {
  std::unique_ptr<Reader> reader(new Reader);
  reader->state_ = std::make_unique<State>(std::move(setup));
  State& s = *reader->state_;
  if (auto loaded = s.load_strings(); !loaded) return tl::unexpected(loaded.error());
  if (s.setup.chapters.empty()) return fail("catalogue.syntax", "chapters/catalogue.toml", {"[[chapter]]"});
  s.saved = s.remembered();
  s.chosen_model = s.saved.model;
  s.tour_seen = s.saved.tour_seen;
  if (!s.saved.lesson.empty() && !s.lesson.file().open(s.saved.lesson)) s.lesson.file().leave();   // it is gone
  const std::string remembered = s.saved.language.value_or(s.setup.system_language);
  const std::string wanted = s.setup.language.empty() ? remembered : s.setup.language;
  s.language = s.strings.contains(wanted) ? wanted : "en";
  s.theme.id = s.setup.theme.value_or(s.saved.theme.value_or(figure::Theme::light));
  s.theme.fonts = s.setup.fonts;
  s.text_size = std::clamp(s.saved.text_size.value_or(1), kSmallest, kLargest);
  s.display_scale = s.setup.display_scale;
  s.contents_hidden = s.saved.contents_hidden;
  s.reduced_motion = s.saved.reduced_motion;
  s.theme.reduced_motion = s.reduced_motion.value_or(s.setup.reduced_motion);
  s.restyle();
  s.labs.changed = [&s](std::string_view slug, std::string_view instance) {
    s.changed_labs.emplace(std::string(slug), std::string(instance));
    ++s.lab_edits;
  };
  s.labs.tried = [&s](std::string_view slug, std::string_view instance) {
    (void)s.learner.mark(book::Mark::Kind::tried, slug, instance);   // Learner::error says what failed
  };

  // Where to open: the place asked for, else where it was left, else the beginning.
  std::size_t chapter = 0;
  PagePlace place;
  if (s.setup.place) {
    const auto found = find_chapter(s.setup.chapters, s.setup.place->chapter);
    if (!found) return tl::unexpected(found.error());
    chapter = *found;
    place.anchor = s.setup.place->anchor;
  } else if (s.saved.place) {
    if (const auto found = find_chapter(s.setup.chapters, s.saved.place->chapter)) {
      chapter = *found;
      place = {s.saved.place->anchor, s.saved.fraction};
    }
  }
  s.show_chapter(chapter, place);
  if (s.setup.place)
    if (const auto there = s.check_place(*s.setup.place); !there) return tl::unexpected(there.error());
  if (s.setup.place && !s.setup.place->lab.empty() && s.opened.document) {
    if (!s.setup.place->inputs.empty())
      s.labs.set_inputs(s.setup.chapters[chapter].slug, s.setup.place->lab, s.setup.place->inputs);
    if (place.anchor.empty()) {
      s.page.go_to({anchor_of(*s.opened.document, "lab", s.setup.place->lab), 0});
      s.reveal_directive("lab", s.setup.place->lab);       // which may stand screens below its section's heading
    }
  }
  if (s.setup.lesson) s.present(s.show_of_lesson(*s.setup.lesson, 0));
  else if (s.setup.present && s.opened.document) s.present(s.show_of_chapter());
  else if (s.setup.exercise.empty()) s.offer_tour();
  return reader;
}

void Reader::load_model() {
  State& s = *state_;
  const std::string name = s.setup.model_asked_for ? std::string() : s.chosen_model;
  s.setup.compute->load(s.last_model.start(name, s.setup.models, s.setup.model));
}

void Reader::frame() {
  State& s = *state_;
  draw_glyphs_densely();
  if (const auto instead = s.last_model.instead(s.setup.compute->model())) s.setup.compute->load(*instead);
  s.own_code.tend();
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) s.set_inside(false);
  if (ImGui::IsKeyPressed(ImGuiKey_Tab) && !ImGui::GetIO().WantTextInput) s.set_inside(true);
  for (const Action action : pressed_actions(s.inside_lab, s.presenter.is_on())) s.act(action);

  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  if (s.presenter.is_on()) s.presenter.fit(viewport->Size);
  ImGui::SetNextWindowPos(viewport->Pos);
  ImGui::SetNextWindowSize(viewport->Size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::Begin("reader", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse |
                   ImGuiWindowFlags_NoDocking);
  ImGui::PopStyleVar();
  if (s.presenter.is_on()) s.draw_presentation(viewport->Pos, viewport->Size);
  else s.draw_reader(viewport->Pos, viewport->Size);
  ImGui::End();
  if (s.presenter.is_on()) {
    s.presenter.draw_over();
  } else {
    s.draw_overlays();
    s.draw_tour();
  }
  s.note_changes();
}

void Reader::set_display_scale(float scale) {
  state_->display_scale = scale;
  state_->restyle();
}

bool Reader::animating() const {
  const State& s = *state_;
  if (s.presenter.is_on()) return s.presenter.animating();
  const bool resting = s.link_card.waiting() || s.symbol_card.waiting() || s.tour.waiting();
  return s.page.animating() || s.labs.animating() || resting || (s.search.is_open() && !s.book);
}

double Reader::patience() const {
  const double save = state_->changed_at ? kSaveDelay : state_->marks.patience();
  const double notice = state_->link_copied_at ? kNotice : std::numeric_limits<double>::infinity();
  return std::min({save, notice, state_->presenter.patience(), state_->directives.exercises().patience()});
}

void Reader::go_to_section(const std::string& anchor) { state_->page.go_to({anchor, 0}); }

bool Reader::settled() const {
  const State& s = *state_;
  const ModelView model = s.setup.compute->model();
  if (model.state == ModelView::State::loading || animating()) return false;
  if (model.state == ModelView::State::failed) return true;   // what was posted waits for a retry
  if (s.presenter.is_on()) return s.presenter.settled();
  const auto& labs = s.directives.labs_in_sight();
  return std::none_of(labs.begin(), labs.end(), [&](const std::string& instance) {
    const std::string& slug = s.setup.chapters[s.chapter].slug;
    return s.setup.compute->view(slug + "/" + instance).waiting || !s.labs.settled(slug, instance);
  });
}

bool Reader::full_screen() const { return state_->full_screen && !state_->presenter.shares_display(); }

std::optional<bool> Reader::presents_swapped() const {
  const Presenter& presenter = state_->presenter;
  return presenter.is_on() ? std::optional(presenter.swapped()) : std::nullopt;
}

void Reader::save() { state_->save(); }

const Theme& Reader::theme() const {
  return state_->presenter.is_on() ? state_->presenter.theme() : state_->theme;
}

int Reader::matches() const { return state_->find.is_open() ? state_->find.count() : 0; }

std::size_t Reader::search_hits() const { return state_->search.is_open() ? state_->search.hits() : 0; }

book::Place Reader::place() const {
  return {state_->setup.chapters[state_->chapter].slug, state_->page.place().anchor, "", {}};
}

float Reader::fraction() const { return state_->page.place().fraction; }

std::string Reader::language() const { return state_->language; }

}  // namespace tb::viewer
