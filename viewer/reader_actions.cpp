// What the learner does to the reader: goes somewhere, follows a link, presses a key, chooses a model.
#include <algorithm>

#include <imgui_internal.h>

#include "book/footnotes.h"
#include "viewer/reader_state.h"

namespace tb::viewer {

void Reader::State::show_chapter(std::size_t index, const PagePlace& place) {
  const bool starting = !opened.document;
  save_seats();
  chapter = index;
  opened = open_chapter(setup.chapters, index, language, setup.glossary);
  frames_of_page = 0;
  if (!opened.document) return;
  const std::string& slug = setup.chapters[index].slug;
  if (setup.state && !setup.bad_end)
    for (const std::string& instance : lab_instances(*opened.document)) {
      const auto inputs = read_inputs(*setup.state, slug, instance);
      if (!inputs.empty() && labs.inputs(slug, instance).empty()) labs.set_inputs(slug, instance, inputs);
    }
  directives.show(slug, *opened.document);
  page.show(opened.document, [this](const book::Directive& directive) { return directives.listing(directive); });
  page.go_to(place);
  find.search_again(page);
  show_traces(starting);
}

void Reader::State::set_language(const std::string& to) {
  const PagePlace place = page.place();
  language = to;
  restyle();
  show_chapter(chapter, place);
}

void Reader::State::go(std::size_t to_chapter, const PagePlace& place) {
  directives.shrink_lab();
  directives.exercises().close();
  behind.push_back({chapter, page.place()});
  ahead.clear();
  before_search.reset();
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

void Reader::State::follow(const std::string& link, bool from_card) {
  if (link.starts_with("claim:")) return;                 // says all it has in its tooltip
  const bool in_place = link.starts_with(book::term_scheme) || link.starts_with(book::note_scheme) ||
                        (!from_card && page.leads_to(link) == book::Excerpt::Kind::source);
  if (in_place) return link_card.hold(page);
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

// The line of a shell that opens the book at the formula or figure in question, else at the section in sight.
void Reader::State::copy_link(std::string anchor) {
  if (anchor.empty()) anchor = page.marked();
  if (anchor.empty()) anchor = page.place().anchor;
  const book::Place place{setup.chapters[chapter].slug, anchor, "", {}};
  ImGui::SetClipboardText(("textbook open '" + book::to_string(place) + "'").c_str());
}

// The same for what is clicked: a figure, formula or listing that can be linked, else its section. Not for a lab, whose
// card has an icon for it and whose sliders go back to their beginning.
void Reader::State::copy_link_under_mouse() {
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  for (const Page::BlockSpot& spot : page.blocks_in_sight()) {
    if (mouse.y < spot.min.y || mouse.y >= spot.max.y || mouse.x < spot.min.x || mouse.x >= spot.max.x) continue;
    const auto& blocks = opened.document->blocks;
    if (blocks[spot.block].kind == book::Block::Kind::directive) return;
    std::string anchor = blocks[spot.block].anchor;
    for (std::size_t i = spot.block + 1; anchor.empty() && i-- > 0;)
      if (blocks[i].kind == book::Block::Kind::heading) anchor = blocks[i].anchor;
    copy_link(anchor);
    link_copied_at = ImGui::GetTime();
    return;
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
  else if (palette.is_open())
    palette.close();
  else if (search.is_open())
    search.close();
  else if (progress.is_open())
    progress.close();
  else if (marks.list_is_open())
    marks.close_list();
  else if (marks.is_writing())
    marks.close_note();
  else if (link_card.is_open())
    link_card.close();
  else if (symbol_card.is_open())
    symbol_card.close();
  else if (models.is_open())
    models.close();
  else if (find.is_open())
    find.close(page);
  else if (ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup))   // a menu or a list of choices in a card
    ImGui::ClosePopupToLevel(0, true);
  else if (lesson.is_open() && !ImGui::GetIO().WantTextInput)
    lesson.close();
  else if (directives.exercises().is_open())
    directives.exercises().leave();
  else if (directives.is_enlarged() && !ImGui::GetIO().WantTextInput)   // out of the text field first
    directives.shrink_lab();
  else if (return_from_search())
    return;
  else if (tour.is_open() && !inside_lab && !ImGui::GetIO().WantTextInput)
    tour.close();
  else
    set_inside(false);
}

std::filesystem::path Reader::State::file_of(const std::string& exercise) const {
  const auto found = setup.exercises && !exercise.empty() ? setup.exercises->find(exercise, language) : nullptr;
  return found && *found ? (*found)->file : std::filesystem::path();
}

void Reader::State::open_exercise(const std::string& id) {
  if (opened.document)
    if (const auto anchor = anchor_of(*opened.document, "exercise", id); !anchor.empty()) page.go_to({anchor, 0});
  directives.exercises().open(id);
}

// Off where it is on; else on for the exercise that is open or in front.
void Reader::State::switch_own_code() {
  const ExerciseBlocks& blocks = directives.exercises();
  const std::string& exercise = blocks.is_open() ? blocks.open() : blocks.in_front();
  own_code.toggle(exercise, file_of(exercise));
}

void Reader::State::act(Action action) {
  if (action == Action::own_code) return switch_own_code();
  if (presenter.is_on()) return act_presenting(action);
  if (act_exercise(action) || act_enlarged(action)) return;
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
    case Action::search: search.open(); break;
    case Action::find: find.open(); break;
    case Action::palette: palette.open(commands()); break;
    case Action::bookmark: marks.toggle_bookmark(page); break;
    case Action::note: marks.write_note(page); break;
    case Action::marks: marks.open_list([this](const std::string& slug) { return name_of(slug); }); break;
    case Action::progress: progress.is_open() ? progress.close() : open_progress(); break;
    case Action::term: link_card.step(page, LinkCard::Kind::term); break;
    case Action::symbols: symbol_card.step(page, setup.chapters[chapter].slug); break;
    case Action::reference: link_card.step(page, LinkCard::Kind::reference); break;
    case Action::copy_link: copy_link(); break;
    case Action::contents: {
      bool& changed = has_room_for_contents() ? contents_hidden : contents_open;
      changed = !changed;
      break;
    }
    case Action::language: set_language(language == "en" ? "ru" : "en"); break;
    case Action::theme:
      theme.id = static_cast<figure::Theme>((static_cast<int>(theme.id) + 1) % 4);
      restyle();
      break;
    case Action::larger: text_size = std::min(kLargest, text_size + 0.1f); restyle(); break;
    case Action::smaller: text_size = std::max(kSmallest, text_size - 0.1f); restyle(); break;
    case Action::normal_size: text_size = 1; restyle(); break;
    case Action::enter_lab:
      if (link_card.is_open()) break;                     // Enter goes where the term is explained
      directives.enter_lab();
      set_inside(true);
      break;
    case Action::compare: directives.compare_lab(); break;
    case Action::enlarge: directives.enlarge_lab(); break;
    case Action::leave: leave(); break;
    case Action::full_screen: full_screen = !full_screen; break;
    case Action::copy: page.copy(); break;
    case Action::model: models.is_open() ? models.close() : models.open(setup.models); break;
    case Action::tour: begin_tour(); break;
    case Action::add_to_lesson: add_to_lesson(); break;
    case Action::lesson: lesson.is_open() ? lesson.close() : lesson.open(); break;
    case Action::present: if (opened.document) present(show_of_chapter()); break;
    case Action::help: help_open = !help_open; break;
    default: break;                                       // a presentation's
  }
}

void Reader::State::choose(const ModelChoice& choice) {
  chosen_model = choice.name;
  last_model.forget();
  const ModelView model = setup.compute->model();
  if (model.state == ModelView::State::ready && model.info && model.info->path == choice.options.path) return;
  // The new model computes what the learner has set: the inputs are the panels', not the model's.
  setup.compute->load(choice.options);
}

bool Reader::State::has_room_for_contents() const { return ImGui::GetIO().DisplaySize.x >= kFoldWidth * display_scale; }

bool Reader::State::contents_shown() const { return has_room_for_contents() ? !contents_hidden : contents_open; }

}  // namespace tb::viewer
