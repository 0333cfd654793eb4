// A prediction: what the learner is asked before a lab may be seen, and how what the lab then shows is an answer to it.
// book/directive.h has the grammar. The lab itself is run by others; here its value is judged.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "book/document.h"

namespace tb::book {

struct NumberRange {
  double low = 0, high = 0;                   // both ends included; infinite where open
};
std::optional<double> read_number(std::string_view text);        // finite, with a decimal point
std::optional<NumberRange> read_range(std::string_view text);    // "0..0.1", "0.5..", "..-1"

struct Prediction {
  struct Choice {
    std::string text;
    std::vector<std::string> is;              // the values for which it is right; empty: none
  };
  std::string id, lab, question, because;
  std::string value;                          // a place in the lab's snapshot; "": nothing is compared
  std::map<std::string, std::string> set;     // inputs over the lab's presets, under which it is read
  std::vector<Choice> choices;                // empty: a number is guessed
  std::optional<std::size_t> answer;          // the index of the choice that we expect to be right
  double number = 0;                          // or the number
  double min = 0, max = 0, step = 0;          // step 0: any number
  double tolerance = 0;                       // a guess this near is right
  std::string unit;
  int line = 0;

  bool asks_number() const { return choices.empty(); }
};
Prediction prediction(const Directive& predict);

using Outcome = std::variant<double, std::string>;               // the cell of the snapshot at `value`

// The choice that is right where the lab shows this; nullopt: none of them. A text is compared without the spaces at
// its ends, and is a number where it reads as one.
std::optional<std::size_t> right_choice(const Prediction& asked, const Outcome& outcome);
// The number to compare a guess with, in the unit of the guess; nullopt where the lab shows no number.
std::optional<double> right_number(const Prediction& asked, const Outcome& outcome);
// Whether what the chapter declares as the answer is what the lab shows.
bool holds(const Prediction& asked, const Outcome& outcome);

}  // namespace tb::book
