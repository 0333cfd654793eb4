// A chapter's numbers. A claim block says which lab gives a number and what is expected; the prose cites it as a link,
// [91 %](claim:mary). `textbook claims` runs the labs; a content test compares the prose with the expectation.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/document.h"
#include "book/verdict.h"

namespace tb::book {

struct Claim {
  std::string id;                             // unique in the chapter
  std::string lab;                            // the lab's type
  std::map<std::string, std::string> inputs;  // as text; the lab's own fields check them
  std::string value;                          // a place in the snapshot, such as "bars.p[0]"
  double expect = 0, tolerance = 0;           // holds where |value - expect| <= tolerance
  int line = 0;
  // An experiment says what is put to the test, and for which values that is supported (book/verdict.h).
  std::string says;                           // "": a mere number
  std::optional<NumberRange> supported;
  std::string low, high;                      // places of the ends of the value's interval; "" where it has none
  std::optional<Finding> verdict;
};
std::vector<Claim> claims(const Document& document);

struct Citation {
  std::string claim;                          // the id behind "claim:"
  std::string text;                           // what the reader sees
  int line = 0;                               // of the block it stands in
};
std::vector<Citation> citations(const Document& document);

// The one number of a text as the language writes it ("91 %" is 0.91, "1 234,5" and "−3.25" too), and half a unit of
// its last printed digit; nullopt where there is no number, or more than one.
struct PrintedNumber {
  double value = 0, half_unit = 0;
};
std::optional<PrintedNumber> printed_number(std::string_view text, std::string_view language);

// True if the text's number is the expectation, rounded to the digits it shows.
bool agrees(std::string_view text, std::string_view language, double expect);

}  // namespace tb::book
