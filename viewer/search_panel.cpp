#include "viewer/search_panel.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float kEdge = 20, kPlaceSize = 13, kContextSize = 15.5f, kCodeSize = 13.5f;   // at scale 1
constexpr std::size_t kMost = 60;                          // hits of a language that are listed

// In the order of Passage::Kind.
constexpr const char* kKinds[] = {"search.kind.title", "search.kind.heading", "search.kind.text", "search.kind.formula",
                                  "search.kind.code",  "search.kind.lab",     "search.kind.question",
                                  "search.kind.term"};

bool is_mono(book::Passage::Kind kind) {
  return kind == book::Passage::Kind::code || kind == book::Passage::Kind::formula;
}

}  // namespace

void SearchPanel::typed(const std::string& text) {
  const Strings& strings = *theme_.strings;
  found_ = {};
  rows_.clear();
  if (!index_) {
    rows_.push_back({nullptr, strings.get("search.reading"), {}});
    return;
  }
  const std::string language(strings.language());
  // So many characters of the wider face fit into a line.
  const float character = 0.6f * theme_.px(kCodeSize);
  const auto characters =
      static_cast<std::size_t>(std::max((PickList::width(theme_) - 2 * theme_.px(kEdge)) / character - 2, 20.f));
  found_ = index_->search.search(text, {.language = language, .limit = kMost, .context = characters});
  const auto add = [&](const std::vector<book::Hit>& hits, bool titled) {
    if (hits.empty()) return;
    if (titled) rows_.push_back({nullptr, strings.get("search.language." + hits.front().passage->language)});
    for (const book::Hit& hit : hits) rows_.push_back({&hit, "", {}});
  };
  add_notes(text);
  // A title where the reader would else wonder about the language.
  add(found_.own, !found_.own.empty() && found_.own.front().passage->language != language);
  add(found_.other, true);
  if (!rows_.empty()) return;
  const bool nothing_asked = book::words_of(text).empty();
  rows_.push_back({nullptr, strings.get(nothing_asked ? "search.help" : "search.none")});
  if (!nothing_asked) rows_.push_back({nullptr, strings.get("search.none-tip")});
}

// Those that have all of the words, in any form; few, and the learner's own, so they stand first.
void SearchPanel::add_notes(const std::string& text) {
  const book::Stemmer stem;
  const auto wanted = book::words_of(text);
  if (wanted.empty()) return;
  for (const book::OwnNote& note : learner_.traces().notes) {
    const auto words = book::words_of(note.text);
    const auto has = [&](const book::Word& one) {
      const std::string root = stem(one.folded);
      return std::any_of(words.begin(), words.end(), [&](const book::Word& word) {
        return word.folded.starts_with(one.folded) || stem(word.folded) == root;
      });
    };
    if (!std::all_of(wanted.begin(), wanted.end(), has)) continue;
    std::string line = note.text;
    std::replace(line.begin(), line.end(), '\n', ' ');
    rows_.push_back({nullptr, line, note});
  }
}

float SearchPanel::height(std::size_t row) const {
  if (can_pick(row)) return theme_.px(54);
  const float width = PickList::width(theme_) - 2 * theme_.px(kEdge);
  const float pixels = theme_.px(14);
  const auto lines = wrap_lines(theme_.fonts.ui, pixels, rows_[row].words, width);
  return static_cast<float>(lines.size()) * pixels * kLeading + theme_.px(12);
}

void SearchPanel::draw_row(std::size_t row, ImVec2 at, float width) {
  const Row& r = rows_[row];
  if (r.hit) return draw_hit(*r.hit, at, width);
  if (r.note) {
    const auto chapter = std::find_if(chapters_.begin(), chapters_.end(),
                                      [&](const book::Chapter& c) { return c.slug == r.note->spot.chapter; });
    const std::string& about = r.note->quote.empty() ? r.note->spot.snippet : r.note->quote;
    draw_place(chapter == chapters_.end() ? about : chapter->number + "  ·  " + about,
               theme_.strings->get("search.kind.note"), at, width);
    const float size = std::round(theme_.px(kContextSize)), room = width - 2 * theme_.px(kEdge);
    ImGui::GetWindowDrawList()->AddText(theme_.fonts.ui, size, {at.x + theme_.px(kEdge), std::round(at.y + theme_.px(27))},
                                        to_imgui(theme_.colors().ink),
                                        shortened(theme_.fonts.ui, size, r.words, room).c_str());
    return;
  }
  const float pixels = theme_.px(14);
  float y = at.y + theme_.px(8);
  for (const std::string_view line :
       wrap_lines(theme_.fonts.ui, pixels, r.words, width - 2 * theme_.px(kEdge))) {
    ImGui::GetWindowDrawList()->AddText(theme_.fonts.ui, pixels, {at.x + theme_.px(kEdge), std::round(y)},
                                        to_imgui(theme_.colors().muted), line.data(), line.data() + line.size());
    y += pixels * kLeading;
  }
}

// Where it is, and what it is.
void SearchPanel::draw_place(const std::string& place, const std::string& kind, ImVec2 at, float width) const {
  ImDrawList* const lines = ImGui::GetWindowDrawList();
  const ImU32 muted = to_imgui(theme_.colors().muted);
  const float left = at.x + theme_.px(kEdge), right = at.x + width - theme_.px(kEdge);
  const float small = theme_.px(kPlaceSize), y = std::round(at.y + theme_.px(7));
  const float kind_at = right - label_width(theme_.fonts.ui, small, kind);
  lines->AddText(theme_.fonts.ui, small, {std::round(kind_at), y}, muted, kind.c_str());
  lines->AddText(theme_.fonts.ui, small, {left, y}, muted,
                 shortened(theme_.fonts.ui, small, place, kind_at - left - theme_.px(16)).c_str());
}

// Above where it is and what it is, below the line with the words found marked as on the page.
void SearchPanel::draw_hit(const book::Hit& hit, ImVec2 at, float width) const {
  const figure::Palette& c = theme_.colors();
  const Strings& strings = *theme_.strings;
  const book::Passage& passage = *hit.passage;
  ImDrawList* const lines = ImGui::GetWindowDrawList();
  const float left = at.x + theme_.px(kEdge), right = at.x + width - theme_.px(kEdge);

  const bool is_term = passage.kind == book::Passage::Kind::term;
  draw_place(is_term ? passage.section : chapters_[passage.chapter].number + "  ·  " + passage.section,
             strings.get(kKinds[static_cast<std::size_t>(passage.kind)]), at, width);

  const bool mono = is_mono(passage.kind);
  ImFont* const font = mono ? theme_.fonts.mono : theme_.fonts.ui;
  const float pixels = std::round(theme_.px(mono ? kCodeSize : kContextSize));
  const float y = std::round(at.y + theme_.px(27));
  const std::string line = shortened(font, pixels, hit.context, right - left);
  figure::Color mark_color = c.theirs;
  mark_color.a = 70;
  for (const book::Bytes& mark : hit.context_marks) {
    if (mark.begin >= line.size()) continue;
    const auto x_of = [&](std::size_t byte) {
      return left + label_width(font, pixels, std::string_view(line).substr(0, byte));
    };
    lines->AddRectFilled({std::floor(x_of(mark.begin)) - 1, y - theme_.px(1)},
                         {std::ceil(x_of(std::min(mark.end, line.size()))) + 1, y + pixels + theme_.px(3)},
                         to_imgui(mark_color), theme_.px(2));
  }
  lines->AddText(font, pixels, {left, y}, to_imgui(c.ink), line.c_str());
}

std::string SearchPanel::note() const {
  return hits() == 0 ? "" : theme_.strings->plural("search.hits", static_cast<std::int64_t>(hits()));
}

std::optional<std::variant<book::Hit, book::Spot>> SearchPanel::draw(std::shared_ptr<const BookIndex> index) {
  if (!list_.is_open()) return std::nullopt;
  if (index != index_ || strings_ != theme_.strings) {     // what is listed stands in another book or language
    index_ = std::move(index);
    strings_ = theme_.strings;
    list_.refresh();
  }
  const auto picked = list_.draw(theme_, "search", theme_.strings->get("search.hint"), *this);
  if (!picked) return std::nullopt;
  const Row& row = rows_[*picked];
  if (row.note) return row.note->spot;
  return *row.hit;
}

}  // namespace tb::viewer
