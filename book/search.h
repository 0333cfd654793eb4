// Search through the whole book in both languages: an index over headings, text, formulas' LaTeX source, code, what
// labs and questions say, and the glossary. It is built once from parsed chapters; a query takes milliseconds.
//
// A query: words, all of which must stand in one paragraph or, where no paragraph of a section has them all, in that
// section; any form of a word is found (book/words.h). The last word, while it is being typed, is also the beginning of
// one. Words in quotation marks are a phrase: exactly these, in this order. What stands close together, and what stands
// in a heading, comes first.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "book/passages.h"
#include "book/words.h"

namespace tb::book {

struct Hit {
  const Passage* passage = nullptr;    // lives as long as the index
  std::vector<Bytes> marks;            // where the words stand in Passage::text, in order
  std::string context;                 // one line of it around the place where the words stand closest
  std::vector<Bytes> context_marks;    // where they stand in that line
  double score = 0;
};

struct Found {
  std::vector<Hit> own, other;         // in the language asked for, and in the other; best first
  std::size_t own_count = 0, other_count = 0;   // how many there are, however many were asked for
};

class SearchIndex {
 public:
  void add(const Document& document, std::size_t chapter, const Listing& listing = nullptr);
  void add(const Glossary& glossary);

  struct Wish {
    std::string language = "en";       // of the reader; a query with Cyrillic letters is Russian in any case
    std::size_t limit = 50;            // hits of each language
    std::size_t context = 110;         // characters of a line of context, about
  };
  Found search(std::string_view query, const Wish& wish) const;

  std::size_t size() const { return passages_.size(); }

 private:
  struct Posting { std::uint32_t passage, position, begin, end; };   // position: which word of the passage it is
  struct Form { std::string stem; std::vector<Posting> postings; };  // one spelling of a word, folded
  struct Match;                        // a query's word or phrase at one place
  struct Part;                         // a word or phrase of a query

  void add(std::vector<Passage> passages);
  std::vector<Part> parts_of(std::string_view query) const;
  std::vector<Match> matches_of(const Part& part) const;
  std::vector<Match> matches_of_word(const std::string& folded, bool begins, bool exact) const;
  struct Window;
  static Window closest(std::span<const std::span<const Match>> parts);

  Stemmer stemmer_;
  std::vector<std::unique_ptr<const Passage>> passages_;   // pointers, so that hits outlive further adding
  std::vector<std::uint32_t> section_of_, words_in_;       // of each passage
  std::uint32_t sections_ = 0;
  std::map<std::string, Form, std::less<>> forms_;         // sorted: those with one beginning stand together
  std::unordered_map<std::string, std::vector<const Form*>> by_stem_;
};

}  // namespace tb::book
