#include "book/progress.h"

#include <algorithm>

namespace tb::book {

namespace {

constexpr double seconds_a_word = 0.1, least_seconds = 2, most_seconds = 60;
constexpr double longest_look = 60;                        // at one view, without doing anything

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    words += !blank && !inside;
    inside = !blank;
  }
  return words;
}

void take_in(const Block& block, SectionOutline& section) {
  if (block.kind != Block::Kind::code) section.words += count_words(plain_text(block.spans));
  const Directive& d = block.directive;
  if (d.kind == "lab") section.labs.push_back(d.id);
  if (d.kind == "predict" || d.kind == "quiz") section.questions.push_back(d.id);
  if (d.kind == "exercise") section.exercises.push_back(d.id);
  for (const Block& child : block.children) take_in(child, section);
}

Count& operator+=(Count& to, const Count& from) {
  to.done += from.done;
  to.of += from.of;
  return to;
}

}  // namespace

std::vector<SectionOutline> outline(const Document& document) {
  std::vector<SectionOutline> out;
  for (const Section& section : sections(document)) {
    if (!out.empty()) out.back().end_block = section.block;
    out.push_back({section.anchor, section.title, section.level, section.block, document.blocks.size(), 0, {}, {}, {}});
  }
  if (out.empty()) out.push_back({"", document.title, 2, 0, document.blocks.size(), 0, {}, {}, {}});
  // Claims show nothing: the section ends before them.
  for (SectionOutline& section : out)
    while (section.end_block > section.first_block + 1 &&
           document.blocks[section.end_block - 1].directive.kind == "claim")
      --section.end_block;
  // What stands before the first heading belongs to the first section, so that nothing to do there is left out.
  for (std::size_t i = 0; i < out.size(); ++i)
    for (std::size_t b = i == 0 ? 0 : out[i].first_block; b < out[i].end_block; ++b) take_in(document.blocks[b], out[i]);
  return out;
}

bool Standing::complete() const {
  return read.done == read.of && tried.done == tried.of && answered.done + skipped == answered.of &&
         solved.done == solved.of;
}

bool Standing::begun() const { return read.done + tried.done + answered.done + solved.done + skipped > 0; }

Standing& Standing::operator+=(const Standing& other) {
  read += other.read;
  tried += other.tried;
  answered += other.answered;
  solved += other.solved;
  skipped += other.skipped;
  first_right += other.first_right;
  return *this;
}

Standing standing(std::string_view chapter, const SectionOutline& section, const Traces& traces) {
  const auto among = [](const std::vector<std::string>& ids, const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  Standing out;
  out.read.of = 1;
  out.tried.of = static_cast<int>(section.labs.size());
  out.answered.of = static_cast<int>(section.questions.size());
  out.solved.of = static_cast<int>(section.exercises.size());
  for (const Mark& mark : traces.marks) {
    if (mark.chapter != chapter) continue;
    if (mark.kind == Mark::Kind::read) out.read.done += mark.item == section.anchor;
    else out.tried.done += among(section.labs, mark.item);
  }
  for (const Answer& answer : traces.answers) {
    if (answer.chapter != chapter || answer.attempt != 1 || !among(section.questions, answer.question)) continue;
    const bool skipped = answer.verdict == Verdict::skipped;
    out.skipped += skipped;
    out.answered.done += !skipped;
    out.first_right += answer.verdict == Verdict::right;
  }
  for (const ExerciseResult& result : traces.exercises)
    if (result.chapter == chapter && result.solved()) out.solved.done += among(section.exercises, result.exercise);
  return out;
}

double seconds_to_read(const SectionOutline& section) {
  return std::clamp(seconds_a_word * static_cast<double>(section.words), least_seconds, most_seconds);
}

void ReadingTime::begin(std::vector<SectionOutline> sections) {
  // The same chapter in another language: what was read of it stays read.
  const bool same = sections.size() == sections_.size() &&
                    std::equal(sections.begin(), sections.end(), sections_.begin(),
                               [](const auto& a, const auto& b) { return a.anchor == b.anchor; });
  if (!same) states_.assign(sections.size(), {});
  sections_ = std::move(sections);
  first_ = end_ = 0;
}

std::vector<std::size_t> ReadingTime::credit(double now) {
  std::vector<std::size_t> read;
  const double seconds = std::clamp(now - since_, 0.0, longest_look);
  since_ = now;
  for (std::size_t i = 0; i < sections_.size() && first_ < end_; ++i) {
    if (sections_[i].end_block <= first_ || sections_[i].first_block >= end_) continue;
    State& state = states_[i];
    state.seconds += seconds;
    if (state.reported || !state.end_seen || state.seconds < seconds_to_read(sections_[i])) continue;
    state.reported = true;
    read.push_back(i);
  }
  return read;
}

std::vector<std::size_t> ReadingTime::see(double now, std::size_t first, std::size_t end, std::size_t whole_end) {
  auto read = credit(now);
  first_ = first;
  end_ = end;
  for (std::size_t i = 0; i < sections_.size(); ++i)
    if (sections_[i].end_block > first && sections_[i].end_block <= whole_end) states_[i].end_seen = true;
  return read;
}

std::vector<std::size_t> ReadingTime::look_away(double now) {
  auto read = credit(now);
  first_ = end_ = 0;
  return read;
}

}  // namespace tb::book
