#include "book/search.h"

#include <algorithm>

#include "base/text.h"
#include "book/formula_text.h"

namespace tb::book {

// A query's word or phrase at one place.
struct SearchIndex::Match {
  std::uint32_t passage, position, length;   // in words
  std::uint32_t begin, end;
  float quality;                             // 1: as it was typed
};

struct SearchIndex::Part {
  std::vector<std::string> words;            // folded; more than one, or in quotation marks: a phrase
  bool begins = false;                       // its last word may go on
  bool exact = false;
};

// The smallest stretch of a passage that has a match of every part.
struct SearchIndex::Window {
  std::uint32_t words = 0;                   // how long it is
  std::uint32_t position = 0;                // its first word
  std::uint32_t begin = 0, end = 0;          // bytes
  float quality = 0;                         // of the matches in it, on average
};

namespace {

constexpr float stem_quality = 0.85f, beginning_quality = 0.6f;
constexpr double apart = 0.3;                // what it is worth that a section has all words, but no paragraph of it

double weight_of(Passage::Kind kind) {
  switch (kind) {
    case Passage::Kind::title: return 4;
    case Passage::Kind::heading: return 3;
    case Passage::Kind::text: return 1;
    case Passage::Kind::lab: case Passage::Kind::question: case Passage::Kind::term: return 0.9;
    case Passage::Kind::formula: return 0.8;
    case Passage::Kind::code: return 0.6;
  }
  return 1;
}

}  // namespace

void SearchIndex::add(const Document& document, std::size_t chapter, const Listing& listing) {
  add(passages_of(document, chapter, listing));
}

void SearchIndex::add(const Glossary& glossary) { add(passages_of(glossary)); }

void SearchIndex::add(std::vector<Passage> passages) {
  const std::uint32_t first_section = sections_;
  for (Passage& passage : passages) {
    const std::vector<Word> words = words_of(passage.text);
    if (words.empty()) continue;
    const auto number = static_cast<std::uint32_t>(passages_.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto [form, added] = forms_.try_emplace(words[i].folded);
      if (added) {
        form->second.stem = stemmer_(words[i].folded);
        by_stem_[form->second.stem].push_back(&form->second);
      }
      form->second.postings.push_back({number, static_cast<std::uint32_t>(i),
                                       static_cast<std::uint32_t>(words[i].begin),
                                       static_cast<std::uint32_t>(words[i].end)});
    }
    section_of_.push_back(first_section + passage.part);
    sections_ = std::max(sections_, section_of_.back() + 1);
    words_in_.push_back(static_cast<std::uint32_t>(words.size()));
    passages_.push_back(std::make_unique<const Passage>(std::move(passage)));
  }
}

// Cuts a query at its quotation marks: what is inside a pair is a phrase. One that is still open goes on to the end.
std::vector<SearchIndex::Part> SearchIndex::parts_of(std::string_view query) const {
  std::vector<Part> parts;
  const auto is_quote = [](char32_t c) {
    return c == U'"' || c == U'“' || c == U'”' || c == U'„' || c == U'«' || c == U'»';
  };
  std::size_t begin = 0;
  bool phrase = false;
  const auto finish = [&](std::size_t end) {
    const bool at_end = end == query.size();
    const std::vector<Word> words = words_of(query.substr(begin, end - begin));
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool typed_on = at_end && begin + words[i].end == query.size();
      if (!phrase || i == 0) parts.push_back({{}, false, phrase});
      parts.back().words.push_back(words[i].folded);
      parts.back().begins = typed_on;
    }
  };
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t here = at;
    if (!is_quote(next_code_point(query, at).value_or(U' '))) continue;
    finish(here);
    phrase = !phrase;
    begin = at;
  }
  finish(query.size());
  return parts;
}

// All places of a word in order: as typed, in another form, or as the beginning of a longer one.
std::vector<SearchIndex::Match> SearchIndex::matches_of_word(const std::string& folded, bool begins, bool exact) const {
  std::map<const Form*, float> forms;
  if (!exact)
    if (const auto same_stem = by_stem_.find(stemmer_(folded)); same_stem != by_stem_.end())
      for (const Form* form : same_stem->second) forms[form] = stem_quality;
  for (auto form = forms_.lower_bound(folded); form != forms_.end() && form->first.starts_with(folded); ++form) {
    const bool same = form->first == folded;
    if (!same && !begins) break;
    float& quality = forms[&form->second];
    quality = std::max(quality, same ? 1.f : beginning_quality);
  }
  std::vector<Match> matches;
  for (const auto& [form, quality] : forms)
    for (const Posting& p : form->postings) matches.push_back({p.passage, p.position, 1, p.begin, p.end, quality});
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
    return std::pair(a.passage, a.position) < std::pair(b.passage, b.position);
  });
  return matches;
}

std::vector<SearchIndex::Match> SearchIndex::matches_of(const Part& part) const {
  const auto word = [&](std::size_t i) {
    return matches_of_word(part.words[i], part.begins && i + 1 == part.words.size(), part.exact);
  };
  std::vector<Match> phrases = word(0);
  for (std::size_t i = 1; i < part.words.size() && !phrases.empty(); ++i) {
    const std::vector<Match> next = word(i);
    std::vector<Match> longer;
    for (Match phrase : phrases) {
      const std::pair at(phrase.passage, phrase.position + phrase.length);
      const auto follows = std::lower_bound(next.begin(), next.end(), at, [](const Match& m, const auto& wanted) {
        return std::pair(m.passage, m.position) < wanted;
      });
      if (follows == next.end() || std::pair(follows->passage, follows->position) != at) continue;
      ++phrase.length;
      phrase.end = follows->end;
      phrase.quality = std::min(phrase.quality, follows->quality);
      longer.push_back(phrase);
    }
    phrases = std::move(longer);
  }
  return phrases;
}

// Each part's matches in one passage are a row, in order. The row that is furthest behind moves on until one ends; the
// smallest stretch met on the way is the answer.
SearchIndex::Window SearchIndex::closest(std::span<const std::span<const Match>> parts) {
  std::vector<std::size_t> at(parts.size(), 0);
  Window best;
  for (;;) {
    std::size_t behind = 0;
    std::uint32_t end = 0, last_byte = 0;
    float quality = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Match& match = parts[i][at[i]];
      if (match.position < parts[behind][at[behind]].position) behind = i;
      end = std::max(end, match.position + match.length);
      last_byte = std::max(last_byte, match.end);
      quality += match.quality / static_cast<float>(parts.size());
    }
    const Match& first = parts[behind][at[behind]];
    const std::uint32_t words = end - first.position;
    if (best.words == 0 || std::pair(words, -quality) < std::pair(best.words, -best.quality))
      best = {words, first.position, first.begin, last_byte, quality};
    if (++at[behind] == parts[behind].size()) return best;
  }
}

namespace {

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// One line around the bytes `window` of a passage, whole words, with "…" where something is left out.
void set_context(Hit& hit, Bytes window, std::size_t wished) {
  const std::string& text = hit.passage->text;
  const auto line_begin = text.rfind('\n', window.begin), line_end = text.find('\n', window.begin);
  const std::size_t first = line_begin == std::string::npos ? 0 : line_begin + 1;
  const std::size_t last = std::min(line_end, text.size());
  const auto is_blank = [&](std::size_t i) { return text[i] == ' ' || text[i] == '\t'; };
  std::size_t begin = window.begin, end = window.begin;
  // A quarter of the line for what is before the words, all that is left for what follows, and the rest before again.
  const auto extend_back = [&](std::size_t room) {
    for (std::size_t i = begin; i > first;) {
      --i;
      if (characters({text.data() + i, begin - i}) > room) return;
      if (i == first || is_blank(i - 1)) room -= characters({text.data() + i, begin - i}), begin = i;
    }
  };
  extend_back(wished / 4);
  for (std::size_t i = end; i < last;) {
    ++i;
    if (characters({text.data() + begin, i - begin}) > wished && end > window.begin) break;
    if (i == last || is_blank(i)) end = i;
  }
  if (end == last) {
    const std::size_t used = characters({text.data() + begin, end - begin});
    if (used < wished) extend_back(wished - used);
  }
  while (begin < window.begin && is_blank(begin)) ++begin;
  while (end > begin && is_blank(end - 1)) --end;

  // No formula is cut in two, and none is shown as its source.
  const auto& formulas = hit.passage->formulas;
  for (const Bytes& formula : formulas) {
    if (formula.begin < begin && begin < formula.end) begin = formula.begin;
    if (formula.begin < end && end < formula.end) end = formula.end;
  }
  constexpr std::string_view more = "…";
  if (begin > first) hit.context = more;
  struct Moved { std::size_t begin, end; };            // where a mark goes that begins or ends at a byte
  std::vector<Moved> moved;
  auto formula = std::find_if(formulas.begin(), formulas.end(), [&](const Bytes& f) { return f.begin >= begin; });
  for (std::size_t i = begin; i <= end; ++i) {
    const std::size_t here = hit.context.size();
    if (i < end && formula != formulas.end() && formula->begin == i) {
      std::string_view latex = std::string_view(text).substr(i, formula->end - i);
      while (latex.starts_with('$')) latex.remove_prefix(1);
      while (latex.ends_with('$')) latex.remove_suffix(1);
      hit.context += formula_text(latex);
      moved.push_back({here, here});
      while (++i < formula->end) moved.push_back({here, hit.context.size()});
      --i;
      ++formula;
      continue;
    }
    moved.push_back({here, here});
    if (i < end && text[i] == '\t') hit.context += " · ";   // between the cells of a table
    else if (i < end) hit.context += text[i];
  }
  if (end < last) hit.context += more;
  for (const Bytes& mark : hit.marks)
    if (mark.begin >= begin && mark.end <= end) {
      const Bytes shown{moved[mark.begin - begin].begin, moved[mark.end - begin].end};
      if (hit.context_marks.empty() || hit.context_marks.back().end <= shown.begin) hit.context_marks.push_back(shown);
    }
}

}  // namespace

Found SearchIndex::search(std::string_view query, const Wish& wish) const {
  Found found;
  const std::vector<Part> parts = parts_of(query);
  if (parts.empty()) return found;
  std::vector<std::vector<Match>> matches;
  for (const Part& part : parts) matches.push_back(matches_of(part));

  // Every part's matches in a passage.
  const auto in_passage = [&](std::uint32_t passage) {
    std::vector<std::span<const Match>> rows;
    for (const std::vector<Match>& all : matches) {
      const auto [begin, end] = std::equal_range(all.begin(), all.end(), Match{passage, 0, 0, 0, 0, 0},
                                                 [](const Match& a, const Match& b) { return a.passage < b.passage; });
      if (begin != end) rows.emplace_back(begin, end);
    }
    return rows;
  };

  // 1. The sections that have every part.
  std::vector<std::size_t> parts_in(sections_, 0);
  for (std::size_t i = 0; i < matches.size(); ++i)
    for (const Match& match : matches[i])
      if (std::size_t& seen = parts_in[section_of_[match.passage]]; seen == i) ++seen;

  // 2. Their passages, each with how many parts it has.
  struct Candidate { std::uint32_t passage; std::size_t parts; double score; Window window; };
  std::vector<Candidate> candidates;
  std::vector<bool> known(passages_.size(), false), complete(sections_, false);
  for (const std::vector<Match>& all : matches)
    for (const Match& match : all) {
      if (parts_in[section_of_[match.passage]] < parts.size() || known[match.passage]) continue;
      known[match.passage] = true;
      const auto rows = in_passage(match.passage);
      const Passage& passage = *passages_[match.passage];
      Candidate candidate{match.passage, rows.size(), 0, closest(rows)};
      const Window& window = candidate.window;
      const double closeness = 0.4 + 0.6 * static_cast<double>(parts.size()) / std::max<double>(window.words, 1);
      double weight = weight_of(passage.kind);
      if (passage.kind == Passage::Kind::term && window.end <= passage.section.size()) weight = 3.5;
      // A heading that says little else is about it.
      if (passage.kind == Passage::Kind::heading || passage.kind == Passage::Kind::title)
        weight += static_cast<double>(window.words) / words_in_[match.passage];
      candidate.score = weight * window.quality * std::min(closeness, 1.0);
      if (rows.size() == parts.size()) complete[section_of_[match.passage]] = true;
      candidates.push_back(candidate);
    }

  // 3. Of a section without a complete passage the one that has most.
  std::unordered_map<std::uint32_t, const Candidate*> fullest;
  for (const Candidate& c : candidates) {
    const std::uint32_t section = section_of_[c.passage];
    if (complete[section]) continue;
    const Candidate*& best = fullest[section];
    if (!best || std::pair(c.parts, c.score) > std::pair(best->parts, best->score)) best = &c;
  }
  std::vector<Candidate> chosen;
  for (Candidate c : candidates) {
    if (c.parts < parts.size()) {
      const auto best = fullest.find(section_of_[c.passage]);
      if (best == fullest.end() || best->second->passage != c.passage) continue;
      c.score *= apart * static_cast<double>(c.parts) / static_cast<double>(parts.size());
    }
    chosen.push_back(c);
  }
  std::sort(chosen.begin(), chosen.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.passage < b.passage;    // in the order of the book
  });

  const std::string own = is_cyrillic(query) ? "ru" : wish.language;
  for (const Candidate& c : chosen) {
    const bool is_own = passages_[c.passage]->language == own;
    ++(is_own ? found.own_count : found.other_count);
    std::vector<Hit>& list = is_own ? found.own : found.other;
    if (list.size() >= wish.limit) continue;
    Hit hit{passages_[c.passage].get(), {}, "", {}, c.score};
    for (const auto& row : in_passage(c.passage))
      for (const Match& match : row) hit.marks.push_back({match.begin, match.end});
    std::sort(hit.marks.begin(), hit.marks.end(), [](const Bytes& a, const Bytes& b) { return a.begin < b.begin; });
    hit.marks.erase(std::unique(hit.marks.begin(), hit.marks.end()), hit.marks.end());
    set_context(hit, {c.window.begin, c.window.end}, wish.context);
    list.push_back(std::move(hit));
  }
  return found;
}

}  // namespace tb::book
