#include "viewer/reader.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>

#include "viewer/directives.h"
#include "viewer/find_bar.h"
#include "viewer/help.h"
#include "viewer/open_book.h"
#include "viewer/page/page.h"
#include "viewer/panels/lab_panels.h"
#include "viewer/settings.h"
#include "viewer/sidebar.h"
#include "viewer/status_line.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;

constexpr float kFoldWidth = 1100;                        // under it the contents fold away, pixels at scale 1
constexpr float kLineStep = 60;                           // what j and k scroll
constexpr float kSmallest = 0.7f, kLargest = 2.0f;        // text size
constexpr double kSaveDelay = 1.0;                        // seconds from the last change to the disk

// Somewhere in the book, for going back and forward.
struct Spot {
  std::size_t chapter = 0;
  PagePlace place;
};

}  // namespace

struct Reader::State {
  explicit State(ReaderSetup given)
      : setup(std::move(given)), labs(*setup.compute), directives(setup.root, labs, theme) {}

  ReaderSetup setup;
  Theme theme;
  std::map<std::string, Strings> strings;                 // by language
  std::string language = "en";
  float text_size = 1, display_scale = 1;

  std::size_t chapter = 0;
  OpenChapter opened;
  Page page;
  LabPanels labs;
  Directives directives;
  FindBar find;
  ModelMenu models;
  std::vector<Spot> behind, ahead;
  std::optional<bool> contents_wish;                      // the learner's; none: by the window's width
  bool help_open = false, inside_lab = false, full_screen = false;

  Settings saved;
  std::set<std::pair<std::string, std::string>> changed_labs;   // chapter, instance
  std::optional<Clock::time_point> changed_at;            // something is not saved yet
  int frames_of_page = 0;                                 // drawn since the chapter was put up

  Result<void> load_strings();
  void restyle();
  void show_chapter(std::size_t index, const PagePlace& place);
  void set_language(const std::string& to);
  void go(std::size_t to_chapter, const PagePlace& place);
  void step_history(std::vector<Spot>& from, std::vector<Spot>& to);
  void step_section(int direction);
  void follow(const std::string& link);
  void act(Action action);
  void leave();
  void set_inside(bool inside);
  bool contents_shown() const;
  void draw_page(ImVec2 origin, ImVec2 size);
  void draw_contents(ImVec2 origin, float height);
  Settings current() const;
  void note_changes();
  void save();
};

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
  apply_style(theme);
}

void Reader::State::show_chapter(std::size_t index, const PagePlace& place) {
  chapter = index;
  opened = open_chapter(setup.chapters[index], language);
  frames_of_page = 0;
  if (!opened.document) return;
  const std::string& slug = setup.chapters[index].slug;
  if (setup.state)
    for (const std::string& instance : lab_instances(*opened.document)) {
      const auto inputs = read_inputs(*setup.state, slug, instance);
      if (!inputs.empty() && labs.inputs(slug, instance).empty()) labs.set_inputs(slug, instance, inputs);
    }
  directives.show(slug, *opened.document);
  page.show(opened.document, [this](const book::Directive& directive) { return directives.listing(directive); });
  page.go_to(place);
  find.search_again(page);
}

void Reader::State::set_language(const std::string& to) {
  const PagePlace place = page.place();
  language = to;
  restyle();
  show_chapter(chapter, place);
}

void Reader::State::go(std::size_t to_chapter, const PagePlace& place) {
  behind.push_back({chapter, page.place()});
  ahead.clear();
  if (to_chapter == chapter)
    page.go_to(place);
  else
    show_chapter(to_chapter, place);
}

void Reader::State::step_history(std::vector<Spot>& from, std::vector<Spot>& to) {
  if (from.empty()) return;
  to.push_back({chapter, page.place()});
  const Spot spot = from.back();
  from.pop_back();
  if (spot.chapter == chapter)
    page.go_to(spot.place);
  else
    show_chapter(spot.chapter, spot.place);
}

void Reader::State::step_section(int direction) {
  const std::string here = page.place().anchor;
  const auto& sections = opened.sections;
  int at = -1;                                            // before the first section
  for (std::size_t i = 0; i < sections.size(); ++i)
    if (sections[i].anchor == here) at = static_cast<int>(i);
  // Back goes to this section's own beginning first, as a music player does.
  const bool to_own_start = direction < 0 && page.place().fraction > 0.02f;
  const int target = std::min(at + (to_own_start ? 0 : direction), static_cast<int>(sections.size()) - 1);
  page.go_to({target < 0 ? std::string() : sections[static_cast<std::size_t>(target)].anchor, 0});
}

void Reader::State::follow(const std::string& link) {
  if (link.starts_with("claim:")) return;                 // says all it has in its tooltip
  if (link.find("://") != std::string::npos || link.starts_with("mailto:")) {
    if (const auto open = ImGui::GetPlatformIO().Platform_OpenInShellFn) open(ImGui::GetCurrentContext(), link.c_str());
    return;
  }
  const std::size_t hash = link.find('#');
  const std::string name = link.substr(0, hash), anchor = hash == std::string::npos ? "" : link.substr(hash + 1);
  if (name.empty()) {
    go(chapter, {anchor, 0});
  } else if (const auto target = find_chapter(setup.chapters, name)) {
    go(*target, {anchor, 0});
  }
}

void Reader::State::set_inside(bool inside) {
  inside_lab = inside;
  ImGuiIO& io = ImGui::GetIO();
  if (inside)
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  else
    io.ConfigFlags &= ~ImGuiConfigFlags_NavEnableKeyboard;
}

void Reader::State::leave() {
  if (help_open)
    help_open = false;
  else if (models.is_open())
    models.close();
  else if (find.is_open())
    find.close(page);
  else
    set_inside(false);
}

void Reader::State::act(Action action) {
  switch (action) {
    case Action::page_down: page.scroll_pages(0.9f); break;
    case Action::page_up: page.scroll_pages(-0.9f); break;
    case Action::line_down: page.scroll_by(theme.px(kLineStep)); break;
    case Action::line_up: page.scroll_by(-theme.px(kLineStep)); break;
    case Action::to_start: page.scroll_by(-1e7f); break;
    case Action::to_end: page.scroll_by(1e7f); break;
    case Action::next_section: step_section(+1); break;
    case Action::previous_section: step_section(-1); break;
    case Action::back: step_history(behind, ahead); break;
    case Action::forward: step_history(ahead, behind); break;
    case Action::find: find.open(); break;
    case Action::contents: contents_wish = !contents_shown(); break;
    case Action::language: set_language(language == "en" ? "ru" : "en"); break;
    case Action::theme:
      theme.id = static_cast<figure::Theme>((static_cast<int>(theme.id) + 1) % 4);
      restyle();
      break;
    case Action::larger: text_size = std::min(kLargest, text_size + 0.1f); restyle(); break;
    case Action::smaller: text_size = std::max(kSmallest, text_size - 0.1f); restyle(); break;
    case Action::normal_size: text_size = 1; restyle(); break;
    case Action::enter_lab: directives.enter_lab(); set_inside(true); break;
    case Action::leave: leave(); break;
    case Action::full_screen: full_screen = !full_screen; break;
    case Action::copy: break;                             // the page copies what is selected in it
    case Action::model: models.is_open() ? models.close() : models.open(setup.models); break;
    case Action::help: help_open = !help_open; break;
  }
}

bool Reader::State::contents_shown() const {
  return contents_wish.value_or(ImGui::GetIO().DisplaySize.x >= kFoldWidth * display_scale);
}

void Reader::State::draw_page(ImVec2 origin, ImVec2 size) {
  ImGui::SetCursorScreenPos(origin);
  ImGui::BeginChild("page", size, ImGuiChildFlags_None,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (opened.document) {
    directives.begin_frame();
    if (const auto link = page.draw(theme, directives)) follow(*link);
    ++frames_of_page;
  } else if (opened.error) {
    const float width = std::min(theme.px(560), size.x - theme.px(40));
    ImGui::SetCursorScreenPos({origin.x + (size.x - width) / 2, origin.y + theme.px(96)});
    if (draw_error_card(theme, *opened.error, width, theme.strings->get("page.read-again").c_str()))
      show_chapter(chapter, page.place());
  }
  ImGui::EndChild();
}

void Reader::State::draw_contents(ImVec2 origin, float height) {
  const bool over_text = ImGui::GetIO().DisplaySize.x < kFoldWidth * display_scale;
  const figure::Palette& c = theme.colors();
  const float width = theme.px(theme.sizes.contents);
  ImGui::SetCursorScreenPos(origin);
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_imgui(over_text ? c.card : c.paper));
  ImGui::BeginChild("contents", {width, height}, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar);
  ImGui::PopStyleColor();
  ImGui::GetWindowDrawList()->AddLine({origin.x + width - 1, origin.y}, {origin.x + width - 1, origin.y + height},
                                      to_imgui(c.rule), std::max(1.f, theme.scale));
  const SidebarChoice choice =
      draw_sidebar(theme, {setup.chapters, chapter, opened.sections, page.place().anchor, language});
  ImGui::EndChild();
  if (choice.chapter) go(*choice.chapter, {});
  if (choice.anchor) go(chapter, {*choice.anchor, 0});
  if (choice.action) act(*choice.action);
  if (over_text && (choice.chapter || choice.anchor)) contents_wish = false;
}

Settings Reader::State::current() const {
  Settings now = saved;
  now.language = language;
  now.theme = theme.id;
  now.text_size = text_size;
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
  if (!setup.state) return;
  const auto now = Clock::now();
  if (!changed_at && (current() != saved || !changed_labs.empty())) changed_at = now;
  if (changed_at && std::chrono::duration<double>(now - *changed_at).count() > kSaveDelay) save();
}

void Reader::State::save() {
  changed_at.reset();
  if (!setup.state) return;
  const Settings now = current();
  // A full disk is no reason to stop reading: what could not be written is tried again at the next change.
  if (write_settings(*setup.state, saved, now)) saved = now;
  for (const auto& [slug, instance] : changed_labs)
    (void)write_inputs(*setup.state, slug, instance, labs.inputs(slug, instance));
  changed_labs.clear();
}

Reader::Reader() = default;
Reader::~Reader() { save(); }

Result<std::unique_ptr<Reader>> Reader::create(ReaderSetup setup) {
  std::unique_ptr<Reader> reader(new Reader);
  reader->state_ = std::make_unique<State>(std::move(setup));
  State& s = *reader->state_;
  if (auto loaded = s.load_strings(); !loaded) return tl::unexpected(loaded.error());
  if (s.setup.chapters.empty()) return fail("place.unknown", "", {"", ""});
  if (s.setup.state) s.saved = read_settings(*s.setup.state);
  const std::string remembered = s.saved.language.value_or(s.setup.system_language);
  const std::string wanted = s.setup.language.empty() ? remembered : s.setup.language;
  s.language = s.strings.contains(wanted) ? wanted : "en";
  s.theme.id = s.setup.theme.value_or(s.saved.theme.value_or(figure::Theme::light));
  s.theme.fonts = s.setup.fonts;
  s.text_size = std::clamp(s.saved.text_size.value_or(1), kSmallest, kLargest);
  s.display_scale = s.setup.display_scale;
  s.theme.reduced_motion = s.setup.reduced_motion;
  s.restyle();
  s.labs.changed = [&s](std::string_view slug, std::string_view instance) {
    s.changed_labs.emplace(std::string(slug), std::string(instance));
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
  if (s.setup.place && !s.setup.place->lab.empty() && s.opened.document) {
    if (!s.setup.place->inputs.empty())
      s.labs.set_inputs(s.setup.chapters[chapter].slug, s.setup.place->lab, s.setup.place->inputs);
    if (place.anchor.empty()) s.page.go_to({anchor_of_lab(*s.opened.document, s.setup.place->lab), 0});
  }
  return reader;
}

void Reader::frame() {
  State& s = *state_;
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) s.set_inside(false);
  if (ImGui::IsKeyPressed(ImGuiKey_Tab) && !ImGui::GetIO().WantTextInput) s.set_inside(true);
  for (const Action action : pressed_actions(s.inside_lab)) s.act(action);

  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(viewport->Pos);
  ImGui::SetNextWindowSize(viewport->Size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::Begin("reader", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse |
                   ImGuiWindowFlags_NoDocking);
  ImGui::PopStyleVar();
  const ImVec2 origin = viewport->Pos, size = viewport->Size;
  const float status = s.theme.px(kStatusHeight), height = size.y - status;
  const bool contents = s.contents_shown();

  // The page keeps its column in the middle of the window, so that the text stays where it is when the contents open.
  const bool over_text = size.x < kFoldWidth * s.display_scale;
  const float left = contents && !over_text ? s.theme.px(s.theme.sizes.contents) : 0;
  s.draw_page({origin.x + left, origin.y}, {size.x - left, height});
  s.find.draw(s.theme, s.page, {origin.x + size.x - s.theme.px(24), origin.y + s.theme.px(14)});
  if (contents) {
    s.draw_contents(origin, height);
  } else {
    // A window of its own, since the page's lies over what is drawn in ours.
    ImGui::SetCursorScreenPos({origin.x + s.theme.px(12), origin.y + s.theme.px(12)});
    ImGui::BeginChild("unfold", {s.theme.px(34), s.theme.px(30)}, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar);
    if (quiet_button(s.theme, "contents", "☰", 18)) s.act(Action::contents);
    ImGui::SetItemTooltip("%s", s.theme.strings->get("keys.contents.what").c_str());
    ImGui::EndChild();
  }
  ImGui::SetCursorScreenPos({origin.x, origin.y + height});
  ImGui::BeginChild("status", {size.x, status}, ImGuiChildFlags_None, ImGuiWindowFlags_NoScrollbar);
  const auto clicked = draw_status_line(s.theme, s.setup.compute->model());
  ImGui::EndChild();
  if (clicked) s.act(*clicked);
  // The new model computes what the learner has set: the inputs are the panels', not the model's.
  if (const auto chosen = s.models.draw(s.theme, s.setup.compute->model())) s.setup.compute->load(*chosen);
  draw_help(s.theme, s.help_open);
  ImGui::End();
  s.note_changes();
}

void Reader::set_display_scale(float scale) {
  state_->display_scale = scale;
  state_->restyle();
}

bool Reader::animating() const { return state_->page.animating() || state_->labs.animating(); }

double Reader::patience() const {
  return state_->changed_at ? kSaveDelay : std::numeric_limits<double>::infinity();
}

bool Reader::settled() const {
  const State& s = *state_;
  const ModelView model = s.setup.compute->model();
  if (model.state == ModelView::State::loading || animating()) return false;
  if (model.state == ModelView::State::failed) return true;   // what was posted waits for a retry
  const auto& labs = s.directives.labs_in_sight();
  return std::none_of(labs.begin(), labs.end(), [&](const std::string& instance) {
    return s.setup.compute->view(s.setup.chapters[s.chapter].slug + "/" + instance).waiting;
  });
}

bool Reader::full_screen() const { return state_->full_screen; }

void Reader::save() { state_->save(); }

const Theme& Reader::theme() const { return state_->theme; }

int Reader::matches() const { return state_->find.is_open() ? state_->find.count() : 0; }

book::Place Reader::place() const {
  return {state_->setup.chapters[state_->chapter].slug, state_->page.place().anchor, "", {}};
}

std::string Reader::language() const { return state_->language; }

}  // namespace tb::viewer
