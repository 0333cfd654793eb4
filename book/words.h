// The words of a text and what makes two of them the same: case, ё and е, and the forms that a word takes. Search and
// the glossary compare words by this file alone.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sb_stemmer;

namespace tb::book {

struct Word {
  std::size_t begin = 0, end = 0;      // bytes of the text
  std::string folded;                  // lower case, е for ё, compatible characters made one (NFKC)
};
// Runs of letters and digits; an apostrophe between letters belongs to its word, a hyphen or an underscore does not.
std::vector<Word> words_of(std::string_view text);

// Word forms by Snowball's stemmers (Porter 2001): what is left of "probabilities" and "probability", of «токенов» and
// «токен», is the same. A word of Cyrillic letters is taken for Russian, any other for English, since either language
// quotes the other. A Russian word is stemmed until nothing comes off: once makes «токенов» «токен», but «токен» «ток»,
// as if it were a participle. One object is used by one thread at a time.
class Stemmer {
 public:
  Stemmer();
  std::string operator()(const std::string& folded) const;

 private:
  struct Delete { void operator()(sb_stemmer* stemmer) const; };
  std::unique_ptr<sb_stemmer, Delete> english_, russian_;
};

bool is_cyrillic(std::string_view text);   // holds a Cyrillic letter

}  // namespace tb::book
