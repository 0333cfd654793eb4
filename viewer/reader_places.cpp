// Ways through the whole book: search, the command palette, the glossary's cards.
#include <algorithm>

#include "base/text.h"
#include "viewer/reader_state.h"

namespace tb::viewer {

namespace {

// Texts about keys begin with a small letter; in a list of their own they are titles.
std::string capitalized(const std::string& text) {
  std::size_t end = 0;
  const char32_t first = next_code_point(text, end).value_or(0);
  std::string out;
  if (first >= U'a' && first <= U'z') append_utf8(out, first - U'a' + U'A');
  else if (first >= U'а' && first <= U'я') append_utf8(out, first - U'а' + U'А');
  else return text;
  return out + text.substr(end);
}

std::string in_language(const std::map<std::string, std::string>& texts, const std::string& language) {
  const auto text = texts.find(language);
  return text == texts.end() ? std::string() : text->second;
}

}  // namespace

// The book is read when its first page stands, so that nobody waits for it.
void Reader::State::read_whole_book() {
  if (book) return;
  if (!reading.valid() && frames_of_page > 1)
    reading = read_book(setup.root, setup.chapters, setup.glossary);
  else if (reading.valid() && reading.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
    book = reading.get();
}

void Reader::State::draw_overlays() {
  read_whole_book();
  const auto name = [this](const std::string& place) { return name_of(place); };
  if (const auto link = link_card.draw(theme, page, name)) follow(*link, true);
  if (const auto place = symbol_card.draw(theme, page, setup.chapters[chapter].slug)) follow(*place);
  if (const auto picked = search.draw(book)) {
    if (const auto* hit = std::get_if<book::Hit>(&*picked)) jump(*hit);
    else go_to_spot(std::get<book::Spot>(*picked));
  }
  draw_trace_lists();
  if (const auto command = palette.draw()) command->run();
}

// "2  Logits are not probabilities", for "02-token-logit-probability#logits".
std::string Reader::State::name_of(const std::string& place) const {
  const std::size_t hash = place.find('#');
  const auto at = find_chapter(setup.chapters, place.substr(0, hash));
  if (!at) return place;
  const book::Chapter& target = setup.chapters[*at];
  std::string name = in_language(target.title, language);
  if (book && hash != std::string::npos)
    for (const BookIndex::Section& section : book->sections)
      if (section.chapter == *at && section.anchor == place.substr(hash + 1))
        name = in_language(section.title, language);
  return target.number + "  " + name;
}

void Reader::State::jump(const book::Hit& hit) {
  const book::Passage& passage = *hit.passage;
  const Return before{{chapter, page.place()}, language, passage.kind != book::Passage::Kind::term};
  if (!before.marked) {                                   // a term: to the place that explains it
    const book::Term* term = setup.glossary.find(passage.id);
    if (!term || term->see.empty()) return;
    if (passage.language != language) set_language(passage.language);
    follow(term->see);
  } else {
    if (passage.language != language) {
      behind.push_back(before.spot);
      ahead.clear();
      language = passage.language;
      restyle();
      show_chapter(passage.chapter, {passage.anchor, 0});
    } else {
      go(passage.chapter, {passage.anchor, 0});
    }
    page.show_passage(passage, hit.marks);
  }
  before_search = before;
}

// Back to where the learner was before the search, as long as what it found is in sight; who has read on stays there.
bool Reader::State::return_from_search() {
  if (!before_search) return false;
  const Return before = *before_search;
  before_search.reset();
  const bool here = !before.marked || page.passage_in_sight();
  page.forget_passage();
  if (!here) return true;
  if (!behind.empty()) behind.pop_back();                 // the jump is undone
  const bool same_text = before.language == language && before.spot.chapter == chapter;
  language = before.language;
  restyle();
  if (same_text) page.go_to(before.spot.place);
  else show_chapter(before.spot.chapter, before.spot.place);
  return true;
}

std::vector<Command> Reader::State::commands() {
  const std::string foreign = language == "en" ? "ru" : "en";
  const Strings& own = strings.at(language);
  const Strings& other = strings.at(foreign);
  std::vector<Command> all;
  const auto add = [&](const std::string& key, const std::string& kind, const std::string& keys,
                       std::function<void()> run) {
    all.push_back({capitalized(own.get(key)), other.get(key), kind, keys, std::move(run)});
  };
  for (std::size_t i = 0; i < setup.chapters.size(); ++i) {
    const book::Chapter& c = setup.chapters[i];
    all.push_back({c.number + "  " + in_language(c.title, language), in_language(c.title, foreign),
                   own.get("palette.chapter"), "", [this, i] { go(i, {}); }});
  }
  for (const BookIndex::Section& s : book ? book->sections : std::vector<BookIndex::Section>())
    all.push_back({in_language(s.title, language), in_language(s.title, foreign),
                   setup.chapters[s.chapter].number + "  ·  " + own.get("palette.section"), "",
                   [this, s] { go(s.chapter, {s.anchor, 0}); }});
  for (const BookIndex::Lab& lab : book ? book->labs : std::vector<BookIndex::Lab>()) {
    const std::string title = "lab." + lab.type + ".title";
    const auto worded = [&](const Strings& in, const std::string& lang) {
      const std::string caption = in_language(lab.caption, lang);
      return in.get(title) + (caption.empty() ? "" : ". " + caption);
    };
    all.push_back({worded(own, language), worded(other, foreign),
                   setup.chapters[lab.chapter].number + "  ·  " + own.get("palette.lab"), "",
                   [this, lab] { go_to_directive(lab.chapter, lab.anchor, "lab", lab.instance); }});
  }
  for (const BookIndex::Exercise& e : book && setup.exercises ? book->exercises : std::vector<BookIndex::Exercise>()) {
    const auto titled = [&](const std::string& lang) {
      const auto exercise = setup.exercises->find(e.id, lang);
      return *exercise ? (*exercise)->title : e.id;
    };
    all.push_back({titled(language), titled(foreign) + " " + e.id,
                   setup.chapters[e.chapter].number + "  ·  " + own.get("palette.exercise"), "",
                   [this, e] { go_to_directive(e.chapter, e.anchor, "exercise", e.id); }});
  }
  const auto add_spot = [&](const std::string& title, const char* kind, const book::Spot& spot) {
    all.push_back({title, "", own.get(kind), "", [this, spot] { go_to_spot(spot); }});
  };
  for (const book::Bookmark& each : learner.traces().bookmarks) add_spot(each.spot.snippet, "palette.bookmark", each.spot);
  for (const book::OwnNote& each : learner.traces().notes)
    add_spot(each.text.substr(0, each.text.find('\n')), "palette.note", each.spot);
  for (const auto id : {figure::Theme::light, figure::Theme::dark, figure::Theme::sepia, figure::Theme::contrast})
    add("palette.themes." + theme_name(id), own.get("palette.theme"), "", [this, id] {
      theme.id = id;
      restyle();
    });
  for (const char* lang : {"en", "ru"})
    add(std::string("palette.languages.") + lang, own.get("palette.language"), "", [this, to = std::string(lang)] {
      if (to != language) set_language(to);
    });
  for (const bool reduced : {true, false})
    add(reduced ? "palette.motion.reduced" : "palette.motion.full", own.get("palette.motion.kind"), "", [this, reduced] {
      reduced_motion = theme.reduced_motion = reduced;
    });
  if (setup.models)
    for (const ModelChoice& choice : setup.models())
      if (!choice.error)
        all.push_back({choice.name, "", own.get("palette.model"), "", [this, choice] { choose(choice); }});
  for (const ActionEntry& entry : all_actions())
    if (entry.action != Action::palette && is_for(entry, false))
      add("keys." + entry.name, "", key_label(entry, own), [this, action = entry.action] { act(action); });
  return all;
}

// A lab or an exercise, which stands in the section.
Result<void> Reader::State::check_place(const book::Place& place) const {
  if (!opened.document) return {};                         // the page says why
  const auto absent = [&](const char* code, const std::string& name, const std::vector<std::string>& known) {
    std::string all;
    for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
    return fail(code, book::to_string(place), {name, setup.chapters[chapter].slug, nearest(name, known).value_or(all)});
  };
  std::vector<std::string> anchors;
  for (const book::Section& section : opened.sections) anchors.push_back(section.anchor);
  if (!place.anchor.empty() && !page.has(place.anchor)) return absent("place.section", place.anchor, anchors);
  const std::vector<std::string> instances = lab_instances(*opened.document);
  if (!place.lab.empty() && std::ranges::find(instances, place.lab) == instances.end())
    return absent("place.instance", place.lab, instances);
  return {};
}

void Reader::State::go_to_directive(std::size_t to_chapter, const std::string& section, const std::string& kind,
                                    const std::string& id) {
  go(to_chapter, {section, 0});
  reveal_directive(kind, id);
}

void Reader::State::reveal_directive(const std::string& kind, const std::string& id) {
  if (!opened.document) return;
  for (std::size_t i = 0; i < opened.document->blocks.size(); ++i) {
    const book::Directive& directive = opened.document->blocks[i].directive;
    if (directive.kind == kind && directive.id == id) page.reveal_block(i);
  }
}

}  // namespace tb::viewer
