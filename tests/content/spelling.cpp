#include "tests/content/spelling.h"

#include <algorithm>
#include <fstream>

#include <hunspell/hunspell.hxx>

#include "base/text.h"

namespace tb::lint {

namespace fs = std::filesystem;

// The dictionary as it comes, and the same with the list: so that a word of the list which the dictionary has too is
// seen to be unneeded.
struct Spelling::Language {
  Hunspell plain, with_list;
  explicit Language(const fs::path& stem)
      : plain((stem.string() + ".aff").c_str(), (stem.string() + ".dic").c_str()),
        with_list((stem.string() + ".aff").c_str(), (stem.string() + ".dic").c_str()) {}
};

namespace {

bool is_cyrillic(char32_t c) { return c >= 0x400 && c <= 0x52F; }
bool is_latin(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7);
}
// What makes a name of a word: SmolLM2, rms_norm.
bool is_of_names(char32_t c) { return (c >= U'0' && c <= U'9') || c == U'_'; }
bool is_capital(char32_t c) { return (c >= U'A' && c <= U'Z') || (c >= 0x400 && c <= 0x42F); }

// MLP, MLPs, KV-.
bool is_acronym(std::u32string_view word) {
  if (word.ends_with(U"'s")) word.remove_suffix(2);
  else if (word.ends_with(U's')) word.remove_suffix(1);
  return std::all_of(word.begin(), word.end(), [](char32_t c) { return is_capital(c) || c == U'-'; });
}

// Words with the hyphens and apostrophes inside them; an apostrophe comes out straight, as the dictionaries have it.
std::vector<std::u32string> words_of(std::string_view text) {
  std::vector<std::u32string> out;
  std::u32string word;
  const auto finish = [&] {
    while (!word.empty() && (word.back() == U'-' || word.back() == U'\'')) word.pop_back();
    if (!word.empty()) out.push_back(word);
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    auto c = next_code_point(text, at).value_or(U' ');
    if (c == 0xAD || c == 0x301) continue;   // a soft hyphen, an accent over a Russian vowel
    if (c == 0x2019) c = U'\'';
    if (c == 0x2011) c = U'-';
    const bool inside = !word.empty() && (c == U'-' || c == U'\'');
    if (is_latin(c) || is_cyrillic(c) || is_of_names(c) || inside) word += c;
    else finish();
  }
  finish();
  return out;
}

std::string utf8(std::u32string_view text) {
  std::string out;
  for (const auto c : text) append_utf8(out, c);
  return out;
}

}  // namespace

Spelling::Spelling() = default;
Spelling::~Spelling() = default;
Spelling::Spelling(Spelling&&) = default;

Result<Spelling> Spelling::open(const fs::path& dictionaries, const fs::path& words) {
  for (const auto* name : {"en_GB.aff", "en_GB.dic", "ru_RU.aff", "ru_RU.dic"})
    if (!fs::exists(dictionaries / name)) return fail("file.open", (dictionaries / name).string());
  Spelling out;
  out.english_ = std::make_unique<Language>(dictionaries / "en_GB");
  out.russian_ = std::make_unique<Language>(dictionaries / "ru_RU");
  std::ifstream file(words);
  if (!file) return fail("file.open", words.string());
  int line = 0;
  for (std::string text; std::getline(file, text);) {
    ++line;
    text = text.substr(0, text.find('#'));
    while (!text.empty() && text.back() == ' ') text.pop_back();
    if (text.empty()) continue;
    const auto slash = text.find('/');
    const auto word = text.substr(0, slash);
    const auto parts = words_of(word);
    if (parts.size() != 1) return fail("spelling.word", words.filename().string() + ":" + std::to_string(line));
    auto& dictionary = (is_cyrillic(parts[0][0]) ? out.russian_ : out.english_)->with_list;
    if (slash == std::string::npos) dictionary.add(word);
    else if (dictionary.spell(text.substr(slash + 1))) dictionary.add_with_affix(word, text.substr(slash + 1));
    else return fail("spelling.word", words.filename().string() + ":" + std::to_string(line));
    out.entries_.push_back({word, line});
  }
  return out;
}

bool Spelling::knows(const std::string& word) {
  std::size_t at = 0;
  auto& language = is_cyrillic(next_code_point(word, at).value_or(U' ')) ? *russian_ : *english_;
  if (language.plain.spell(word)) return true;
  // Itself first: Hunspell does not take a word that differs from one of its own in capitals alone.
  const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.word == word; });
  if (same != entries_.end()) return same->needed = true;
  if (word.find('-') != std::string::npos || !language.with_list.spell(word)) return false;
  const auto stems = language.with_list.stem(word);
  for (auto& entry : entries_)
    if (std::find(stems.begin(), stems.end(), entry.word) != stems.end()) entry.needed = true;
  return true;
}

std::vector<std::string> Spelling::unknown(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& word : words_of(text)) {
    if (word.size() < 2 || std::any_of(word.begin(), word.end(), is_of_names)) continue;
    if (is_acronym(word)) continue;
    if (knows(utf8(word))) continue;
    // Part by part; what is not in capitals alone and not known is what the author should see.
    bool known = word.find(U'-') != std::u32string::npos;
    for (std::size_t begin = 0; known && begin <= word.size();) {
      const auto end = std::min(word.find(U'-', begin), word.size());
      const auto part = word.substr(begin, end - begin);
      known = is_acronym(part) || knows(utf8(part));
      begin = end + 1;
    }
    if (!known) out.push_back(utf8(word));
  }
  return out;
}

Findings Spelling::unneeded() const {
  Findings out;
  for (const auto& entry : entries_)
    if (!entry.needed) out.push_back("words.txt:" + std::to_string(entry.line) + ": no text needs " + entry.word);
  return out;
}

namespace {

// What stands between backticks is code.
void look(Spelling& spelling, std::string_view text, const std::string& where, Findings& out) {
  for (bool code = false;; code = !code) {
    const auto tick = text.find('`');
    if (!code)
      for (const auto& word : spelling.unknown(text.substr(0, tick))) out.push_back(where + word);
    if (tick == std::string_view::npos) return;
    text.remove_prefix(tick + 1);
  }
}

std::string at(const std::string& file, int line) { return file + ":" + std::to_string(line) + ": "; }

void look(Spelling& spelling, const std::vector<book::Block>& blocks, const std::string& file, Findings& out) {
  static const std::set<std::string> said{"caption", "question", "choice", "answer", "because",
                                          "right",   "wrong",    "example", "unit",   "says"};
  for (const auto& block : blocks) {
    // A reference of the list of sources: names and titles as they were published.
    if (block.kind == book::Block::Kind::item && !block.anchor.empty()) continue;
    std::string prose;   // the spans of a paragraph together: emphasis may begin within a word
    for (const auto& span : block.spans)
      prose += span.kind == book::Span::Kind::text && !span.code ? span.text : " ";
    look(spelling, prose, at(file, block.line), out);
    for (const auto& entry : block.directive.entries)
      if (said.contains(entry.key)) look(spelling, entry.value, at(file, entry.line), out);
    look(spelling, block.children, file, out);
  }
}

}  // namespace

Findings misspelt(const book::Document& document, Spelling& spelling) {
  Findings out;
  const auto file = document.path.generic_string();
  look(spelling, document.blocks, file, out);
  for (const auto& note : document.notes) look(spelling, note.blocks, file, out);
  return out;
}

Findings misspelt(const book::Glossary& glossary, Spelling& spelling) {
  Findings out;
  for (const auto& term : glossary.terms) {
    const auto where = at("glossary.toml", term.line);
    for (const auto& [language, name] : term.name) look(spelling, name, where, out);
    for (const auto& [language, names] : term.also)
      for (const auto& name : names) look(spelling, name, where, out);
    for (const auto& [language, text] : term.definition) look(spelling, text, where, out);
  }
  return out;
}

Findings misspelt(const book::Symbols& symbols, Spelling& spelling) {
  Findings out;
  for (const auto& symbol : symbols.all)
    for (const auto& [language, text] : symbol.meaning) look(spelling, text, at("symbols.toml", symbol.line), out);
  return out;
}

Findings misspelt(const Strings& strings, Spelling& spelling) {
  Findings out;
  for (const auto& key : strings.keys())
    look(spelling, strings.get(key), std::string(strings.language()) + " " + key + ": ", out);
  return out;
}

}  // namespace tb::lint
