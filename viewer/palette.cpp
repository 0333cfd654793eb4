#include "viewer/palette.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "book/words.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr double whole_word = 4, beginning = 3, letters = 1, first_word = 0.5, foreign = 0.8;

// How well one word fits the words of a title; 0: not.
double fit(const std::string& wanted, const std::vector<book::Word>& title) {
  double best = 0;
  for (const book::Word& word : title) {
    if (!word.folded.starts_with(wanted)) continue;
    const double here = (word.folded.size() == wanted.size() ? whole_word : beginning) +
                        (&word == &title.front() ? first_word : 0);
    best = std::max(best, here);
  }
  if (best > 0) return best;
  // Its letters in order, each either next to the one before or at the beginning of a word.
  std::string joined;
  std::vector<bool> begins;
  for (const book::Word& word : title) {
    joined += word.folded;
    begins.resize(joined.size(), false);
    begins[joined.size() - word.folded.size()] = true;
  }
  std::size_t at = 0;
  bool adjacent = false;
  for (std::size_t i = 0; i < wanted.size();) {
    const std::size_t from = i;
    next_code_point(wanted, i);
    const std::string_view letter = std::string_view(wanted).substr(from, i - from);
    const auto here = [&] { return std::string_view(joined).substr(at).starts_with(letter); };
    const bool next = adjacent && here();
    while (!next && at < joined.size() && !(begins[at] && here())) ++at;
    if (at >= joined.size()) return 0;
    at += letter.size();
    adjacent = true;
  }
  return letters;
}

std::optional<double> match_title(const std::vector<book::Word>& query, std::string_view title) {
  const std::vector<book::Word> words = book::words_of(title);
  double sum = 0;
  for (const book::Word& word : query) {
    const double here = fit(word.folded, words);
    if (here == 0) return std::nullopt;
    sum += here;
  }
  // Of titles that fit alike the shorter one is meant.
  return sum / static_cast<double>(query.size()) - 0.01 * static_cast<double>(words.size());
}

}  // namespace

std::optional<double> match(std::string_view query, const Command& command) {
  const std::vector<book::Word> words = book::words_of(query);
  if (words.empty()) return 0;
  const auto own = match_title(words, command.title), other = match_title(words, command.other);
  if (!own) return other ? std::optional(*other * foreign) : std::nullopt;
  return std::max(*own, other ? *other * foreign : *own);
}

void Palette::open(std::vector<Command> commands) {
  commands_ = std::move(commands);
  list_.open();
}

void Palette::typed(const std::string& text) {
  std::vector<std::pair<double, std::size_t>> scored;
  for (std::size_t i = 0; i < commands_.size(); ++i)
    if (const auto score = match(text, commands_[i])) scored.emplace_back(-*score, i);
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  fitting_.clear();
  for (const auto& [score, index] : scored) fitting_.push_back(index);
}

void Palette::draw_row(std::size_t row, ImVec2 at, float width) {
  const figure::Palette& c = theme_.colors();
  ImDrawList* const lines = ImGui::GetWindowDrawList();
  const float edge = theme_.px(20), height = theme_.px(34);
  const auto write = [&](ImFont* font, float size, float x, figure::Color color, const std::string& text) {
    const float pixels = theme_.px(size);
    lines->AddText(font, pixels, {std::round(x), std::round(at.y + (height - pixels) / 2 - theme_.px(1))},
                   to_imgui(color), text.c_str());
  };
  ImFont* const ui = theme_.fonts.ui;
  if (fitting_.empty()) return write(ui, 14, at.x + edge, c.muted, theme_.strings->get("palette.none"));
  const Command& command = commands_[fitting_[row]];
  const bool has_keys = !command.keys.empty();
  ImFont* const right_font = has_keys ? theme_.fonts.mono : ui;
  const std::string& right = has_keys ? command.keys : command.kind;
  const float right_at = at.x + width - edge - label_width(right_font, theme_.px(13), right);
  write(right_font, 13, right_at, c.muted, right);
  const float room = right_at - at.x - edge - theme_.px(16);
  write(ui, 15, at.x + edge, c.ink, shortened(ui, theme_.px(15), command.title, room));
}

std::optional<Command> Palette::draw() {
  const auto picked = list_.draw(theme_, "palette", theme_.strings->get("palette.hint"), *this);
  return picked ? std::optional(commands_[fitting_[*picked]]) : std::nullopt;
}

}  // namespace tb::viewer
