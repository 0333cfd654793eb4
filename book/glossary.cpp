#include "book/glossary.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>

#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"
#include "book/words.h"

namespace tb::book {

namespace {

const std::vector<std::string> known_keys{"id", "see", "en", "ru", "also", "define", "by-hand"};
const std::vector<std::string> languages{"en", "ru"};

// A name, for finding it in a text: its words, and their stems with a blank between them, "kv cach".
struct Name {
  std::vector<std::string> words;
  std::string stems;
};

Name make_name(std::string_view text, const Stemmer& stemmer) {
  Name name;
  for (const Word& word : words_of(text)) {
    name.stems += (name.words.empty() ? "" : " ") + stemmer(word.folded);
    name.words.push_back(word.folded);
  }
  return name;
}

// Of words with the same stem: true where they differ in their endings only. "Tokenizer" has the stem of "token", and
// is another thing.
bool same_word(std::string_view a, std::string_view b) {
  constexpr std::ptrdiff_t longest_ending = 3;
  const auto is_tail = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  const auto letters = [&](std::string_view word) { return std::ranges::count_if(word, std::not_fn(is_tail)); };
  const std::string_view common = a.substr(0, static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin()));
  const auto shared = letters(common) - (common.size() < a.size() && is_tail(a[common.size()]) ? 1 : 0);
  return letters(a) - shared <= longest_ending && letters(b) - shared <= longest_ending;
}

bool same_name(std::span<const std::string> a, std::span<const std::string> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_word);
}

std::vector<std::string> names_of(const Term& term, const std::string& language) {
  std::vector<std::string> names{term.name.at(language)};
  if (const auto also = term.also.find(language); also != term.also.end())
    names.insert(names.end(), also->second.begin(), also->second.end());
  return names;
}

class Reading {
 public:
  explicit Reading(std::string path) : path_(std::move(path)) {}

  Result<Term> term(const toml::node& node) const {
    const toml::table* entry = node.as_table();
    const std::string where = at(node.source());
    if (!entry) return fail("glossary.syntax", where, {"[[term]]"});
    for (const auto& [key, value] : *entry) {
      const std::string name(key.str());
      if (std::find(known_keys.begin(), known_keys.end(), name) != known_keys.end()) continue;
      return fail("glossary.unknown-key", at(value.source()), {name, nearest(name, known_keys).value_or("define.en")});
    }
    Term term;
    term.line = static_cast<int>(node.source().begin.line);
    const auto id = text((*entry)["id"]);
    if (!id) return fail("glossary.missing", where, {"id", ""});
    term.id = *id;
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (term.id.find_first_not_of(letters) != std::string::npos) return fail("glossary.id", where, {term.id});
    for (const std::string& language : languages) {
      const auto name = text((*entry)[language]), definition = text((*entry)["define"][language]);
      if (!name || words_of(*name).empty()) return fail("glossary.missing", where, {language, term.id});
      if (!definition) return fail("glossary.missing", where, {"define." + language, term.id});
      term.name[language] = *name;
      term.definition[language] = *definition;
      if (auto also = others((*entry)["also"][language])) {
        if (!also->empty()) term.also[language] = std::move(*also);
      } else {
        return fail("glossary.syntax", where, {"also." + language});
      }
    }
    if ((*entry)["see"]) {
      const auto see = text((*entry)["see"]);
      if (!see) return fail("glossary.syntax", where, {"see"});
      term.see = *see;
    }
    if ((*entry)["by-hand"] && !(*entry)["by-hand"].is_boolean()) return fail("glossary.syntax", where, {"by-hand"});
    term.by_hand = (*entry)["by-hand"].value_or(false);
    return term;
  }

  std::string at(const toml::source_region& place) const { return path_ + ":" + std::to_string(place.begin.line); }

 private:
  // A text that is not empty.
  static std::optional<std::string> text(toml::node_view<const toml::node> node) {
    auto value = node.value<std::string>();
    return value && !value->empty() ? value : std::nullopt;
  }

  // Other names: none where nothing is given; nullopt where it is no list of names.
  static std::optional<std::vector<std::string>> others(toml::node_view<const toml::node> node) {
    std::vector<std::string> names;
    if (!node) return names;
    if (!node.is_array()) return std::nullopt;
    for (const toml::node& item : *node.as_array()) {
      const auto name = item.value<std::string>();
      if (!name || words_of(*name).empty()) return std::nullopt;
      names.push_back(*name);
    }
    return names;
  }

  std::string path_;
};

// Finds the terms of one document, a section at a time.
class Linker {
 public:
  Linker(const Glossary& glossary, const std::string& language) {
    for (const Term& term : glossary.terms) {
      if (term.by_hand || !term.name.contains(language)) continue;
      for (const std::string& name : names_of(term, language)) {
        Name made = make_name(name, stemmer_);
        longest_ = std::max(longest_, made.words.size());
        terms_.emplace(made.stems, std::pair(std::move(made.words), term.id));
      }
    }
  }

  void visit(std::vector<Block>& blocks) {
    for (Block& block : blocks) {
      if (block.kind == Block::Kind::heading && (block.level == 2 || block.level == 3)) mentioned_.clear();
      note_links(block);
      if (block.kind == Block::Kind::paragraph) link(block.spans);
      if (block.kind != Block::Kind::table) visit(block.children);
    }
  }

 private:
  // What a chapter links by hand counts as mentioned from there on.
  void note_links(const Block& block) {
    for (const Span& span : block.spans)
      if (span.link.starts_with(term_scheme)) mentioned_.insert(span.link.substr(term_scheme.size()));
  }

  const std::string& stem(const std::string& folded) {
    const auto [known, added] = stems_.try_emplace(folded);
    if (added) known->second = stemmer_(folded);
    return known->second;
  }

  void link(std::vector<Span>& spans) {
    std::vector<Span> linked;
    for (Span& span : spans) {
      if (span.kind != Span::Kind::text || span.code || !span.link.empty())
        linked.push_back(std::move(span));
      else
        link(span, linked);
    }
    spans = std::move(linked);
  }

  // Cuts a span where terms stand in it.
  void link(const Span& span, std::vector<Span>& out) {
    const std::vector<Word> words = words_of(span.text);
    std::size_t done = 0;
    const auto add = [&](std::size_t end, const std::string& link) {
      if (end == done) return;
      Span part = span;
      part.text = span.text.substr(done, end - done);
      part.link = link;
      out.push_back(std::move(part));
      done = end;
    };
    for (std::size_t i = 0; i < words.size();) {
      const auto [count, id] = term_at(span.text, words, i);
      if (count > 0 && mentioned_.insert(id).second) {
        add(words[i].begin, "");
        add(words[i + count - 1].end, std::string(term_scheme) + id);
      }
      i += std::max<std::size_t>(count, 1);
    }
    add(span.text.size(), "");
  }

  // The longest term that begins with a word, and how many words it has; 0 where none does.
  std::pair<std::size_t, std::string> term_at(std::string_view text, const std::vector<Word>& words,
                                              std::size_t first) {
    std::pair<std::size_t, std::string> found{0, ""};
    std::string stems;
    std::vector<std::string> folded;
    for (std::size_t i = first; i < std::min(words.size(), first + longest_); ++i) {
      if (i > first) {                                     // a comma or a full stop parts a term
        const auto gap = text.substr(words[i - 1].end, words[i].begin - words[i - 1].end);
        if (gap != " " && gap != "-" && gap != "\u00A0" && gap != "\u2011") break;
        stems += ' ';
      }
      stems += stem(words[i].folded);
      folded.push_back(words[i].folded);
      const auto [begin, end] = terms_.equal_range(stems);
      for (auto term = begin; term != end; ++term)
        if (same_name(term->second.first, folded)) found = {folded.size(), term->second.second};
    }
    return found;
  }

  Stemmer stemmer_;
  // By stems: the name's words, and the term's id.
  std::unordered_multimap<std::string, std::pair<std::vector<std::string>, std::string>> terms_;
  std::unordered_map<std::string, std::string> stems_;     // of words met before
  std::size_t longest_ = 0;                                // words of a name
  std::set<std::string> mentioned_;                        // in this section
};

}  // namespace

const Term* Glossary::find(std::string_view id) const {
  const auto found = std::find_if(terms.begin(), terms.end(), [&](const Term& term) { return term.id == id; });
  return found == terms.end() ? nullptr : &*found;
}

void link_terms(Document& document, const Glossary& glossary) {
  Linker(glossary, document.language).visit(document.blocks);
}

Result<Glossary> read_glossary(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  const Reading reading(file.generic_string());
  toml::table table;
  try {
    table = toml::parse(*text);
  } catch (const toml::parse_error& error) {
    return fail("glossary.syntax", reading.at(error.source()), {std::string(error.description())});
  }
  for (const auto& [key, value] : table)
    if (key.str() != "term" || !value.is_array())
      return fail("glossary.unknown-key", reading.at(value.source()), {std::string(key.str()), "[[term]]"});

  Glossary glossary;
  const Stemmer stemmer;
  std::multimap<std::string, std::pair<std::vector<std::string>, std::string>> names;   // by language and stems
  const toml::array* entries = table["term"].as_array();
  for (std::size_t i = 0; entries && i < entries->size(); ++i) {
    auto term = reading.term(*entries->get(i));
    if (!term) return tl::unexpected(term.error());
    const std::string where = reading.at(entries->get(i)->source());
    if (glossary.find(term->id)) return fail("glossary.twice", where, {term->id});
    for (const std::string& language : languages)
      for (const std::string& name : names_of(*term, language)) {
        Name made = make_name(name, stemmer);
        const std::string key = language + " " + made.stems;
        const auto [begin, end] = names.equal_range(key);
        for (auto other = begin; other != end; ++other)
          if (same_name(other->second.first, made.words))
            return fail("glossary.same", where, {name, term->id, other->second.second});
        names.emplace(key, std::pair(std::move(made.words), term->id));
      }
    glossary.terms.push_back(std::move(*term));
  }
  return glossary;
}

}  // namespace tb::book
