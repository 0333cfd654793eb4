// How far a learner has come: what there is to do in each section, and how much of it is done.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "book/document.h"
#include "book/traces.h"

namespace tb::book {

// A section from its heading to the next one, of level 2 or 3. A chapter without any is one section, with anchor "".
struct SectionOutline {
  std::string anchor, title;
  int level = 2;
  std::size_t first_block = 0, end_block = 0;              // of Document::blocks, without claims at its end
  std::size_t words = 0;                                   // that are read: text, lists, tables; no code
  std::vector<std::string> labs, questions, exercises;     // ids
};
std::vector<SectionOutline> outline(const Document& document);

struct Count {
  int done = 0, of = 0;
  bool operator==(const Count&) const = default;
};

struct Standing {
  Count read, tried, answered, solved;
  int skipped = 0;                                         // predictions whose lab was looked at first
  int first_right = 0;                                     // answers of which the first was right
  bool complete() const;                                   // nothing is left to do
  bool begun() const;
  Standing& operator+=(const Standing& other);
  bool operator==(const Standing&) const = default;
};
Standing standing(std::string_view chapter, const SectionOutline& section, const Traces& traces);

// The rule for "read": the section's end was in sight, and some of it was in sight for at least so long, counted while
// the learner was there. It is a tenth of a second a word, which is twice as fast as anybody reads with understanding,
// and from two seconds to a minute: who leafs through has not read, who reads fast has.
double seconds_to_read(const SectionOutline& section);

// Counts that time. Frames are made on input only, so what lies between two frames was spent with the first one's view.
class ReadingTime {
 public:
  void begin(std::vector<SectionOutline> sections);        // another chapter, or the same in another language
  // What is in sight from now on: blocks [first, end) at least in part, and those before `whole_end` to their end. The
  // time since the last call goes to what was in sight until now, but at most a minute of it: then the learner is
  // elsewhere. Returns the sections that have been read by now, by their index, each once.
  std::vector<std::size_t> see(double now, std::size_t first, std::size_t end, std::size_t whole_end);
  std::vector<std::size_t> look_away(double now);          // nothing is in sight from now on

 private:
  struct State { double seconds = 0; bool end_seen = false, reported = false; };
  std::vector<std::size_t> credit(double now);

  std::vector<SectionOutline> sections_;
  std::vector<State> states_;
  double since_ = 0;
  std::size_t first_ = 0, end_ = 0;                        // nothing: first_ == end_
};

}  // namespace tb::book
