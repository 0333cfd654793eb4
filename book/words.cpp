#include "book/words.h"

#include <algorithm>
#include <cstdlib>

#include <libstemmer.h>
#include <utf8proc.h>

#include "base/text.h"

namespace tb::book {

namespace {

constexpr char32_t stress_mark = 0x301, soft_hyphen = 0xAD, zero_width_space = 0x200B;

bool is_apostrophe(char32_t c) { return c == U'\'' || c == 0x2019; }

bool is_mark(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || c == soft_hyphen ||
         c == zero_width_space;
}

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM: case UTF8PROC_CATEGORY_LO: return true;
    default: return false;
  }
}

bool is_digit(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}

// What utf8proc makes of letters that are not plain Latin or Cyrillic: composed, compatible, in one case.
std::string normalized(std::string_view word) {
  utf8proc_uint8_t* made = nullptr;
  constexpr int options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(word.data()),
                                 static_cast<utf8proc_ssize_t>(word.size()), &made,
                                 static_cast<utf8proc_option_t>(options));
  if (size < 0) return std::string(word);
  std::string out(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
  std::free(made);
  return out;
}

std::string fold(std::string_view word) {
  bool plain = true;
  for (std::size_t at = 0; at < word.size();) {
    const char32_t c = next_code_point(word, at).value_or(0);
    plain = plain && (c < 0x2B0 || (c >= 0x400 && c < 0x460) || is_apostrophe(c)) && c != soft_hyphen;
  }
  const std::string whole = plain ? std::string(word) : normalized(word);
  std::string out;
  for (std::size_t at = 0; at < whole.size();) {
    const char32_t c = next_code_point(whole, at).value_or(0);
    if (c == stress_mark) continue;                    // за́мок
    const auto lower = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
    append_utf8(out, is_apostrophe(c) ? U'\'' : lower == U'ё' ? U'е' : lower);
  }
  return out;
}

}  // namespace

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  bool open = false, after_letter = false;               // the last word goes on; it ends with a letter so far
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at).value_or(U' ');
    const bool letter = is_letter(c);
    bool inside = letter || is_digit(c) || (open && c >= 0x80 && is_mark(c));
    if (after_letter && is_apostrophe(c)) {            // only with a letter behind it, too
      std::size_t next = at;
      inside = at < text.size() && is_letter(next_code_point(text, next).value_or(U' '));
    }
    after_letter = letter;
    if (inside && !open) words.push_back({begin, at, ""});
    if (inside) words.back().end = at;
    open = inside;
  }
  for (Word& word : words) word.folded = fold(text.substr(word.begin, word.end - word.begin));
  return words;
}

void Stemmer::Delete::operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }

Stemmer::Stemmer() : english_(sb_stemmer_new("english", "UTF_8")), russian_(sb_stemmer_new("russian", "UTF_8")) {}

std::string Stemmer::operator()(const std::string& folded) const {
  const bool russian = is_cyrillic(folded);
  sb_stemmer* const stemmer = (russian ? russian_ : english_).get();
  if (!stemmer) return folded;                         // a library built without the language: words as they are
  const auto once = [&](const std::string& word) {
    const auto* stem = sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(word.data()),
                                       static_cast<int>(word.size()));
    if (!stem) return word;
    return std::string(reinterpret_cast<const char*>(stem), static_cast<std::size_t>(sb_stemmer_length(stemmer)));
  };
  std::string stem = once(folded);
  for (std::string next = russian ? once(stem) : stem; next != stem; next = once(stem)) stem = next;
  return stem;
}

bool is_cyrillic(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at).value_or(0);
    if (c >= 0x400 && c < 0x530) return true;
  }
  return false;
}

}  // namespace tb::book
